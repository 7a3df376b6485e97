/**
 * As much of Protocol Buffers as etcd's messages need: integers, texts and messages within messages, written and read by field
 * number. Source: protobuf.dev, "Encoding". Fields that are 0 or empty are left out, as proto3 has it.
 */

type Value = bigint | number | boolean | string | Buffer;
export type Field = readonly [number: number, value: Value];

const varintKind = 0;
const lengthKind = 2;

export function encode(...fields: readonly Field[]): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'string' || Buffer.isBuffer(value)) {
      if (typeof value === 'string' && value === '') continue;
      const content = typeof value === 'string' ? Buffer.from(value) : value;
      parts.push(varint((number << 3) | lengthKind), varint(content.length), content);
    } else if (Number(value) !== 0) parts.push(varint((number << 3) | varintKind), varint(BigInt(value)));
  }
  return Buffer.concat(parts);
}

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return Buffer.from(bytes);
}

/** A message that came in. A field that is not there reads as 0, empty or none. */
export class Message {
  readonly #fields = new Map<number, (bigint | Buffer)[]>();

  /** Throws a RangeError where it is cut short or not understood. */
  constructor(private readonly data: Buffer) {
    for (let at = 0; at < data.length;) {
      const [tag, afterTag] = this.#varint(at);
      const number = Number(tag >> 3n);
      const kind = Number(tag & 7n);
      const [value, next] = this.#value(kind, afterTag);
      const values = this.#fields.get(number);
      if (values === undefined) this.#fields.set(number, [value]);
      else values.push(value);
      at = next;
    }
  }

  integer(number: number): bigint {
    const value = this.#fields.get(number)?.at(-1);
    return typeof value === 'bigint' ? value : 0n;
  }

  text(number: number): string {
    const value = this.#fields.get(number)?.at(-1);
    return Buffer.isBuffer(value) ? value.toString() : '';
  }

  texts(number: number): readonly string[] {
    return this.#buffers(number).map((value) => value.toString());
  }

  messages(number: number): readonly Message[] {
    return this.#buffers(number).map((value) => new Message(value));
  }

  message(number: number): Message {
    return this.messages(number).at(-1) ?? new Message(Buffer.alloc(0));
  }

  #buffers(number: number): Buffer[] {
    return (this.#fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value));
  }

  #value(kind: number, at: number): readonly [value: bigint | Buffer, next: number] {
    switch (kind) {
      case varintKind:
        return this.#varint(at);
      case lengthKind: {
        const [length, start] = this.#varint(at);
        const end = start + Number(length);
        if (end > this.data.length) throw new RangeError('a message is cut short');
        return [this.data.subarray(start, end), end];
      }
      default:
        throw new RangeError(`field kind ${kind} is not known`);
    }
  }

  #varint(start: number): readonly [value: bigint, next: number] {
    let value = 0n;
    let at = start;
    for (let shift = 0n; ; shift += 7n, at += 1) {
      const byte = this.data[at];
      if (byte === undefined) throw new RangeError('a message is cut short');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return [value, at + 1];
    }
  }
}
