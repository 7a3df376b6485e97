/** Messages of gRPC on the wire: a byte that says whether it is compressed (never, here), four with the length, the message. */

const headBytes = 5;
/** etcd's own limit of what it answers is far below; beyond this it is not etcd. */
const mostBytes = 64 * 1024 * 1024;

export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete now. */
  add(data: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= headBytes) {
      const length = this.#rest.readUInt32BE(1);
      if (length > mostBytes) throw new RangeError(`a message of ${length} bytes`);
      if (this.#rest.length < headBytes + length) break;
      messages.push(this.#rest.subarray(headBytes, headBytes + length));
      this.#rest = this.#rest.subarray(headBytes + length);
    }
    return messages;
  }
}
