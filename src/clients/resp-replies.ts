/**
 * Reads RESP2 replies from whatever pieces the network cuts them into. Read where they lie: only what is left over of a
 * piece is copied, to wait for the next. What is no RESP, or larger than a lock's answer can be, ends the connection.
 * Source: Redis documentation, "Redis serialization protocol specification", "RESP protocol description".
 */
import type { Reply } from '../contract/index.js';

/** Of one reply, all of its parts together. */
const maxReplyBytes = 64 * 1024 * 1024;
const maxDepth = 16;

const cr = 13;
const lf = 10;
const minus = 45;

export interface ReplyEvents {
  reply(reply: Reply): void;
  /** The server answered with an error; inside an array it stands for the whole of it. */
  refuse(message: string): void;
  /** Nothing that follows can be understood. Told once, and last. */
  malformed(reason: string): void;
}

export class ReplyReader {
  /** What is being read: a piece as it came, or what was left over together with it. */
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #at = 0;
  /** Left over, in a buffer of our own that is kept for the next time. */
  #held: Buffer = Buffer.alloc(4096);
  #heldBytes = 0;
  /** So many must be there before it is worth while to read again. */
  #wantedBytes = 0;
  #error: string | null = null;
  #fault: string | null = null;

  constructor(private readonly events: ReplyEvents) {}

  /** The bytes are not looked at any more when this has returned. */
  read(piece: Buffer): void {
    if (this.#fault !== null) return;
    if (this.#heldBytes === 0) this.#begin(piece, piece.length);
    else {
      this.#hold(piece, 0);
      if (this.#heldBytes < this.#wantedBytes) return;
      this.#begin(this.#held, this.#heldBytes);
    }
    let start = 0;
    while (start < this.#end) {
      const reply = this.#value(0);
      if (reply === undefined) break;
      start = this.#at;
      this.#tell(reply);
    }
    if (this.#fault === null) this.#keep(start);
    if (this.#fault !== null) this.events.malformed(this.#fault);
  }

  #begin(bytes: Buffer, length: number): void {
    this.#bytes = bytes;
    this.#end = length;
    this.#at = 0;
    this.#wantedBytes = 0;
  }

  #tell(reply: Reply): void {
    const error = this.#error;
    if (error === null) return this.events.reply(reply);
    this.#error = null;
    this.events.refuse(error);
  }

  #keep(start: number): void {
    this.#error = null;
    this.#wantedBytes = Math.max(0, this.#wantedBytes - start);
    const bytes = this.#bytes;
    if (bytes === this.#held) {
      bytes.copyWithin(0, start, this.#end);
      this.#heldBytes = this.#end - start;
    } else if (start < this.#end) this.#hold(bytes.subarray(0, this.#end), start);
  }

  #hold(piece: Buffer, from: number): void {
    const size = this.#heldBytes + piece.length - from;
    if (size > maxReplyBytes) return this.#fail(tooLarge);
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(size)));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    piece.copy(this.#held, this.#heldBytes, from);
    this.#heldBytes = size;
  }

  /** One reply from where we are, or undefined when it is not all there (or there is a fault). */
  #value(depth: number): Reply | undefined {
    if (this.#at >= this.#end) return undefined;
    const type = this.#bytes[this.#at];
    this.#at += 1;
    switch (type) {
      case 43: // +
        return this.#line();
      case minus:
        return this.#errorLine();
      case 58: // :
        return this.#integer();
      case 36: // $
        return this.#bulk();
      case 42: // *
        return this.#array(depth);
      default:
        return this.#fail(`a reply that begins with byte ${type}`);
    }
  }

  #line(): string | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    // "+OK", the answer to nearly every SET.
    if (start + 4 <= this.#end && bytes[start] === 79 && bytes[start + 1] === 75 && bytes[start + 2] === cr) {
      this.#at = start + 2;
      return this.#lineEnd() ? 'OK' : undefined;
    }
    const end = bytes.indexOf(cr, start);
    if (end < 0 || end >= this.#end) return undefined;
    this.#at = end;
    return this.#lineEnd() ? bytes.toString('utf8', start, end) : undefined;
  }

  #errorLine(): string | undefined {
    const message = this.#line();
    if (message !== undefined) this.#error ??= message;
    return message;
  }

  #integer(): number | undefined {
    const bytes = this.#bytes;
    const negative = this.#at < this.#end && bytes[this.#at] === minus;
    let at = negative ? this.#at + 1 : this.#at;
    const first = at;
    let value = 0;
    for (; at < this.#end; at += 1) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === this.#end) return undefined;
    if (at === first) return this.#fail('a number without digits');
    this.#at = at;
    if (!this.#lineEnd()) return undefined;
    return negative ? -value : value;
  }

  #bulk(): string | null | undefined {
    const length = this.#integer();
    if (length === undefined) return undefined;
    if (length === -1) return null;
    if (length < 0 || length > maxReplyBytes) return this.#fail(length < 0 ? 'a negative length' : tooLarge);
    const start = this.#at;
    if (start + length + 2 > this.#end) {
      this.#wantedBytes = start + length + 2;
      return undefined;
    }
    this.#at = start + length;
    return this.#lineEnd() ? this.#bytes.toString('utf8', start, start + length) : undefined;
  }

  #array(depth: number): readonly Reply[] | null | undefined {
    const length = this.#integer();
    if (length === undefined) return undefined;
    if (length === -1) return null;
    if (length < 0) return this.#fail('a negative length');
    // The least that each of them takes on the wire.
    if (depth === maxDepth || length * 3 > maxReplyBytes) return this.#fail(tooLarge);
    const items: Reply[] = [];
    while (items.length < length) {
      const item = this.#value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  /** False: it is not there yet, or something else is. */
  #lineEnd(): boolean {
    const at = this.#at;
    if (at + 2 > this.#end) return false;
    if (this.#bytes[at] !== cr || this.#bytes[at + 1] !== lf) {
      this.#fail('a line that does not end where it should');
      return false;
    }
    this.#at = at + 2;
    return true;
  }

  #fail(reason: string): undefined {
    this.#fault ??= `not understood: ${reason}`;
    return undefined;
  }
}

const tooLarge = 'a reply larger than any that a lock asks for';
