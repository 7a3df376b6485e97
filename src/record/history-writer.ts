/**
 * Appends a worker's chunks to its file without holding it up. When the disk refuses (full, gone), nothing measured is
 * lost: what could not be written stays in memory, and is handed over at the end.
 */
import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Chunk, type Row } from './chunks.js';

/** Beyond these a worker keeps no more rows, and says so: the verdicts of that run are undecided. */
export interface WriterLimits {
  readonly fileBytes: number;
  /** Of what is not in the file, because the disk refuses or is slow. */
  readonly memoryBytes: number;
}

/** 430 million rows: 12 hours at 10,000 a second. */
const usualLimits: WriterLimits = { fileBytes: 2 ** 34, memoryBytes: 2 ** 30 };

export interface WriterEnd {
  /** What could not be written. */
  readonly kept: Uint8Array[];
  readonly trouble: string | null;
  readonly droppedRows: number;
}

export class HistoryWriter {
  #chunk = new Chunk();
  /** In order; the first may be under way. */
  readonly #unwritten = new Set<Uint8Array>();
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
    private readonly limits: WriterLimits,
  ) {}

  static async open(
    path: string,
    worker: number,
    lowestOpenNs: () => number,
    limits = usualLimits,
  ): Promise<HistoryWriter> {
    try {
      return new HistoryWriter(await open(path, 'w', 0o600), worker, lowestOpenNs, limits);
    } catch (cause) {
      const writer = new HistoryWriter(null, worker, lowestOpenNs, limits);
      writer.#trouble = reason(cause);
      return writer;
    }
  }

  add(row: Row): void {
    const { fileBytes, memoryBytes } = this.limits;
    if (this.#bytes >= fileBytes || this.#bytes - this.#wholeBytes >= memoryBytes) {
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

  /** As `close`, in one go: this process is about to be killed. */
  closeNow(): WriterEnd {
    if (this.#chunk.count > 0) this.#flush();
    for (const bytes of this.#unwritten) {
      this.#unwritten.delete(bytes);
      try {
        if (this.file === null || this.#trouble !== null) throw new Error(this.#trouble ?? 'no file');
        // To its own place, so what a write under way has done already is done once more, and not twice.
        for (let done = 0; done < bytes.length;)
          done += writeSync(this.file.fd, bytes, done, bytes.length - done, this.#wholeBytes + done);
        this.#wholeBytes += bytes.length;
      } catch (cause) {
        this.#trouble ??= reason(cause);
        this.#kept.push(bytes);
      }
    }
    return { kept: this.#kept, trouble: this.#trouble, droppedRows: this.#droppedRows };
  }

  #flush(): void {
    const bytes = this.#chunk.seal(this.worker, this.lowestOpenNs());
    this.#bytes += bytes.length;
    this.#chunk = new Chunk();
    this.#unwritten.add(bytes);
    this.#tail = this.#tail.then(() => this.#append(bytes));
  }

  /** All of a chunk or none of it: what the disk took of one that it refused in the end is cut off again. */
  async #append(bytes: Uint8Array): Promise<void> {
    if (!this.#unwritten.has(bytes)) return;
    if (this.file !== null && this.#trouble === null) {
      try {
        for (let done = 0; done < bytes.length;) {
          const at = this.#wholeBytes + done;
          done += (await this.file.write(bytes, done, bytes.length - done, at)).bytesWritten;
        }
        this.#wholeBytes += bytes.length;
        this.#unwritten.delete(bytes);
        return;
      } catch (cause) {
        this.#trouble = reason(cause);
        await this.file.truncate(this.#wholeBytes).catch(() => {});
      }
    }
    this.#unwritten.delete(bytes);
    this.#kept.push(bytes);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
