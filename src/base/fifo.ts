/** First in, first out, in a ring that grows by doubling: no shifting of arrays and no object per entry. */

const firstCapacity = 16;

/** Filled, for arrays with holes are slower. */
function slots<T>(count: number): (T | undefined)[] {
  return Array.from({ length: count }, () => undefined);
}

export class Fifo<T> {
  #ring: (T | undefined)[] = slots(firstCapacity);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  /** The oldest entry, or undefined when there is none. */
  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  shift(): T | undefined {
    const item = this.#ring[this.#head];
    if (this.#length === 0) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
    return item;
  }

  #grow(): void {
    const size = this.#ring.length;
    const ring = slots<T>(size * 2);
    for (let i = 0; i < size; i += 1) ring[i] = this.#ring[(this.#head + i) & (size - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
