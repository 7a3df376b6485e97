/**
 * Appends a worker's chunks to its file without holding it up. When the disk refuses (full, gone), nothing measured is
 * lost: what could not be written stays in memory, and is handed over at the end.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { Chunk, type Row } from './chunks.js';

/** Beyond this a worker keeps no more rows, and says so: the verdicts of that run are undecided. */
const limitBytes = 2 ** 30;

export interface WriterEnd {
  /** What could not be written. */
  readonly kept: Uint8Array[];
  readonly trouble: string | null;
  readonly droppedRows: number;
}

export class HistoryWriter {
  #chunk = new Chunk();
  #tail: Promise<void> = Promise.resolve();
  readonly #kept: Uint8Array[] = [];
  #trouble: string | null = null;
  #bytes = 0;
  /** Bytes of whole chunks in the file. */
  #wholeBytes = 0;
  #droppedRows = 0;

  private constructor(
    private readonly file: FileHandle | null,
    private readonly worker: number,
    private readonly lowestOpenNs: () => number,
  ) {}

  static async open(path: string, worker: number, lowestOpenNs: () => number): Promise<HistoryWriter> {
    try {
      return new HistoryWriter(await open(path, 'w', 0o600), worker, lowestOpenNs);
    } catch (cause) {
      const writer = new HistoryWriter(null, worker, lowestOpenNs);
      writer.#trouble = reason(cause);
      return writer;
    }
  }

  add(row: Row): void {
    if (this.#bytes >= limitBytes) {
      this.#droppedRows += 1;
      return;
    }
    this.#chunk.add(row);
    if (this.#chunk.full) this.#flush();
  }

  async close(): Promise<WriterEnd> {
    if (this.#chunk.count > 0) this.#flush();
    await this.#tail;
    await this.file?.close().catch((cause: unknown) => (this.#trouble ??= reason(cause)));
    return { kept: this.#kept, trouble: this.#trouble, droppedRows: this.#droppedRows };
  }

  #flush(): void {
    const bytes = this.#chunk.seal(this.worker, this.lowestOpenNs());
    this.#bytes += bytes.length;
    this.#chunk = new Chunk();
    this.#tail = this.#tail.then(() => this.#append(bytes));
  }

  /** All of a chunk or none of it: what the disk took of one that it refused in the end is cut off again. */
  async #append(bytes: Uint8Array): Promise<void> {
    if (this.file !== null && this.#trouble === null) {
      try {
        for (let written = 0; written < bytes.length;) written += (await this.file.write(bytes, written)).bytesWritten;
        this.#wholeBytes += bytes.length;
        return;
      } catch (cause) {
        this.#trouble = reason(cause);
        await this.file.truncate(this.#wholeBytes).catch(() => {});
      }
    }
    this.#kept.push(bytes);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
