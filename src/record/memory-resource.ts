/** The resource of a run that measures speed: one cell in shared memory for each key. It keeps no record and refuses nothing. */
import type { Resource } from '../contract/index.js';

export class MemoryResource implements Resource {
  /** The key that is being worked on. */
  key = 0;

  constructor(private readonly cells: Int32Array) {}

  read(): number {
    return Atomics.load(this.cells, this.key);
  }

  write(_item: number, value: number): boolean {
    Atomics.store(this.cells, this.key, value);
    return true;
  }
}
