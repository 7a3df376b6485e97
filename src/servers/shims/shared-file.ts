/**
 * A small file that a server maps into its memory: what is written here, it sees at once, and the other way round. Words
 * of eight bytes in the machine's own order.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { handOver } from '../server-user.js';

export class SharedFile {
  constructor(
    readonly path: string,
    private readonly sizeBytes: number,
  ) {
    writeFileSync(path, new Uint8Array(sizeBytes));
    handOver(path);
  }

  write(position: number, words: BigInt64Array | BigUint64Array): void {
    this.#open((fd) => writeSync(fd, words, 0, words.byteLength, position));
  }

  read(position: number, count: number): BigUint64Array {
    const words = new BigUint64Array(count);
    this.#open((fd) => readSync(fd, words, 0, words.byteLength, position));
    return words;
  }

  /** All zero again, by writing: a file cut short under a mapping would kill the server. */
  clear(): void {
    this.write(0, new BigUint64Array(this.sizeBytes / 8));
  }

  #open(use: (fd: number) => unknown): void {
    const fd = openSync(this.path, 'r+');
    try {
      use(fd);
    } finally {
      closeSync(fd);
    }
  }
}
