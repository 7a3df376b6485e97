/**
 * A pipe beside a worker's channel, for what must have left before the next instruction: the channel queues what the kernel
 * does not take at once, and a process that stands still, or is killed, never sends it. Messages are framed by their length.
 */
import { writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { deserialize, serialize } from 'node:v8';
import type { FromWorker } from './protocol.js';

/** Of the child's descriptors; see stdio in run/process-member.ts. */
const descriptor = 4;
const headBytes = 4;

/** Blocks until the harness has room for it. */
export function sayDirectly(message: FromWorker): void {
  const body = serialize(message);
  const bytes = Buffer.alloc(headBytes + body.length);
  bytes.writeUInt32LE(body.length);
  body.copy(bytes, headBytes);
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

export class DirectReader {
  #bytes: Buffer = Buffer.alloc(0);

  constructor(
    pipe: Readable,
    private readonly onMessage: (message: FromWorker) => void,
  ) {
    pipe.on('data', (bytes: Buffer) => this.#take(bytes));
    // The end of the process tells as much.
    pipe.on('error', () => {});
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= headBytes) {
      const end = headBytes + this.#bytes.readUInt32LE();
      if (this.#bytes.length < end) return;
      const body = this.#bytes.subarray(headBytes, end);
      this.#bytes = this.#bytes.subarray(end);
      this.onMessage(deserialize(body) as FromWorker);
    }
  }
}
