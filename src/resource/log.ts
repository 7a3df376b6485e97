/** Appends the resource's record to its file without holding it up. What cannot be kept is counted, and told at the end. */
import { open, type FileHandle } from 'node:fs/promises';
import { ResourceChunk, type ResourceRow } from '../record/resource-rows.js';

/** Beyond this no more rows are kept, and the record says so: the verdicts of that run are undecided. */
const defaultLimitBytes = 2 ** 30;

export class ResourceLog {
  #chunk = new ResourceChunk();
  #tail: Promise<void> = Promise.resolve();
  #trouble: string | null = null;
  #bytes = 0;
  #dropped = 0;

  private constructor(
    private readonly file: FileHandle | null,
    private readonly limitBytes: number,
  ) {}

  static async open(path: string, limitBytes = defaultLimitBytes): Promise<ResourceLog> {
    try {
      return new ResourceLog(await open(path, 'w', 0o600), limitBytes);
    } catch (cause) {
      const log = new ResourceLog(null, limitBytes);
      log.#trouble = reason(cause);
      return log;
    }
  }

  add(row: ResourceRow): void {
    if (this.#bytes >= this.limitBytes || this.#trouble !== null) {
      this.#dropped += 1;
      return;
    }
    this.#chunk.add(row);
    if (this.#chunk.full) this.#flush(false);
  }

  /** Resolves when all is on disk; null, or why the record is not whole. What its own last chunk tells is not told twice. */
  async close(): Promise<string | null> {
    this.#flush(true);
    await this.#tail;
    await this.file?.sync().catch(() => {});
    await this.file?.close().catch((cause: unknown) => (this.#trouble ??= reason(cause)));
    return this.#trouble === null ? null : `its record could not be written: ${this.#trouble}`;
  }

  #flush(last: boolean): void {
    const bytes = this.#chunk.seal(last, this.#dropped);
    this.#bytes += bytes.length;
    this.#chunk = new ResourceChunk();
    this.#tail = this.#tail.then(() => this.#append(bytes));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (this.file === null || this.#trouble !== null) return;
    try {
      for (let written = 0; written < bytes.length;) written += (await this.file.write(bytes, written)).bytesWritten;
    } catch (cause) {
      this.#trouble = reason(cause);
    }
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
