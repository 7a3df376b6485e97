/**
 * What a power failure leaves of a server's files: as much as had been synced to disk, by the fsync shim's table. SIGKILL
 * alone loses nothing, for the kernel keeps what was written and will sync it in its own time.
 */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { findCompiler } from './compile.js';
import type { ShimAvailability } from './clock.js';
import { fsyncFileVariable, fsyncSlots } from './fsync-source.js';
import { SharedFile } from './shared-file.js';

export function fsyncShimAvailable(): ShimAvailability {
  if (process.platform !== 'linux') return { available: false, reason: 'shims are for Linux only' };
  const compiler = findCompiler();
  return compiler.found ? { available: true, how: 'compiler' } : { available: false, reason: compiler.reason };
}

const at = { pid: 0, overflow: 1, slots: 2 } as const;
const slotWords = 4;
const tableWords = at.slots + fsyncSlots * slotWords;

interface SyncedFile {
  readonly device: bigint;
  readonly sizeBytes: bigint;
  readonly syncedAtNs: bigint;
}

export class SyncTable {
  readonly #file: SharedFile;

  constructor(
    readonly library: string,
    file: string,
  ) {
    this.#file = new SharedFile(file, tableWords * 8);
  }

  get env(): Readonly<Record<string, string>> {
    return { [fsyncFileVariable]: this.#file.path };
  }

  isLoadedIn(pid: number): boolean {
    return this.#file.read(0, 1)[at.pid] === BigInt(pid);
  }

  /** Why it cannot tell what was synced; null when it can. */
  doubt(): string | null {
    const words = this.#file.read(0, tableWords);
    if (words[at.overflow] !== 0n) return `it has room for ${fsyncSlots} files, and more were synced`;
    return words[at.slots] === 0n ? 'it has recorded no sync at all' : null;
  }

  /** For a server that starts anew without its files, whose inodes will be used again. */
  forget(): void {
    this.#file.clear();
  }

  /** Cuts every file back to what had been synced; answers how many bytes that were. The server must not be running. */
  loseUnsynced(folder: string): number {
    const synced = this.#entries();
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    let lostBytes = 0;
    for (const path of paths) {
      const { dev, ino, size, birthtimeNs } = statSync(path, { bigint: true });
      const entry = synced.get(ino);
      // An entry older than the file is that of an earlier file with the same inode.
      const known = entry?.device === dev && birthtimeNs <= entry.syncedAtNs ? entry.sizeBytes : null;
      const keptBytes = known ?? (isAppendLog(path) ? 0n : size);
      if (keptBytes >= size) continue;
      truncateSync(path, Number(keptBytes));
      lostBytes += Number(size - keptBytes);
    }
    return lostBytes;
  }

  #entries(): ReadonlyMap<bigint, SyncedFile> {
    const words = this.#file.read(0, tableWords);
    const found = new Map<bigint, SyncedFile>();
    for (let i = at.slots; i < tableWords; i += slotWords) {
      const [inode, device, sizeBytes, syncedAtNs] = words.subarray(i, i + slotWords);
      if (inode !== 0n) found.set(inode!, { device: device!, sizeBytes: sizeBytes!, syncedAtNs: syncedAtNs! });
    }
    return found;
  }
}

/** What is appended to. Base and manifest are synced before they get their names: without an entry, they are older than us. */
function isAppendLog(path: string): boolean {
  return path.endsWith('.aof') && !path.endsWith('.base.aof');
}
