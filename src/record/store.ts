/**
 * The run's folder. Whatever cannot be written there (disk full, folder gone) goes to the system's temporary folder
 * instead, and the person is told: nothing measured is lost.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LockbenchError, type History, type Plan } from '../contract/index.js';
import type { ChunkSource } from './chunk-places.js';
import { openGrants } from './grant-files.js';
import { readResource } from './resource-rows.js';
import type { Round } from './round.js';
import { readTrace } from './trace.js';

export class RunStore {
  #fallback: string | null = null;

  private constructor(
    readonly folder: string,
    private readonly onTrouble: (text: string) => void,
  ) {}

  /** Creates `<out>/<utc>-<strategy>-<seed>/`. */
  static create(out: string, plan: Plan, startedAt: Date, onTrouble: (text: string) => void): RunStore {
    const [first, ...others] = plan.strategies;
    const what = `${first.name}${others.length > 0 ? `+${others.length}` : ''}-${plan.seed}`;
    return RunStore.named(out, what, startedAt, onTrouble);
  }

  /** Creates `<out>/<utc>-<what>/`. */
  static named(out: string, what: string, startedAt: Date, onTrouble: (text: string) => void): RunStore {
    const utc = startedAt.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
    const name = `${utc}-${what}`;
    for (let n = 0; n < 100; n += 1) {
      const folder = join(out, n === 0 ? name : `${name}-${n}`);
      try {
        makeFolder(out);
        mkdirSync(folder);
        return new RunStore(folder, onTrouble);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw new LockbenchError(
          'NOT_WRITABLE',
          `the results folder ${out} cannot be written: ${(cause as Error).message}`,
          'Name another with --out DIR.',
          { cause },
        );
      }
    }
    throw new LockbenchError(
      'NOT_WRITABLE',
      `${out} holds too many runs of this second`,
      'Name another folder with --out DIR.',
    );
  }

  /** Where the last files went: the run's folder, unless it could not be written. */
  get where(): string {
    return this.#fallback ?? this.folder;
  }

  write(name: string, content: string | Uint8Array): void {
    try {
      this.#writeTo(this.where, name, content);
    } catch (cause) {
      if (this.#fallback !== null) throw cause;
      this.#fallback = mkdtempSync(join(tmpdir(), `${basename(this.folder)}-`));
      this.onTrouble(
        `${this.folder} cannot be written (${(cause as Error).message}); the rest of the results goes to ${this.#fallback}`,
      );
      this.#writeTo(this.#fallback, name, content);
    }
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Takes the folder away again: nothing came of the run. */
  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A folder for the chunks of one round; workers write into it themselves. */
  historyFolder(round: string): string {
    const folder = join(this.folder, 'history', round);
    try {
      makeFolder(folder);
    } catch {
      // The workers meet the same refusal, keep their rows and hand them over.
    }
    return folder;
  }

  #writeTo(folder: string, name: string, content: string | Uint8Array): void {
    const path = join(folder, name);
    makeFolder(dirname(path));
    writeFileSync(path, content);
  }
}

/** Node's own recursive mkdir never returns where the system answers ENOENT for ever (/proc). */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

const workerPrefix = 'worker-';

export function chunkFile(folder: string, worker: number): string {
  return join(folder, `${workerPrefix}${String(worker).padStart(2, '0')}.chunk`);
}

export interface StoredRound {
  readonly round: Round;
  /** Looks through the files: what is not needed yet is not read. `onRows` is told how many rows have been seen. */
  history(onRows: (rows: number) => void): History;
}

/** Reads a run back, from nothing but its folder. */
export function readRun(folder: string): { plan: Plan; rounds: StoredRound[] } {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (cause) {
      throw new LockbenchError(
        'BAD_RUN_FOLDER',
        `${folder} is no run: ${(cause as Error).message}`,
        'Name a folder that a run has written, such as results/20260101T120000Z-redlock-42.',
        { cause },
      );
    }
  };
  const plan = JSON.parse(read('plan.json')) as Plan;
  read('summary.json');
  const rounds = readdirSync(join(folder, 'history'))
    .sort()
    .filter((name) => name !== 'control');
  return { plan, rounds: rounds.map((name) => storedRound(join(folder, 'history', name))) };
}

function storedRound(folder: string): StoredRound {
  const round = JSON.parse(readFileSync(join(folder, 'round.json'), 'utf8')) as Round;
  return { round, history: (onRows) => readHistory(folder, round, [], onRows) };
}

/** The whole history of a round: what `round.json` holds, and what the workers and the resource wrote into its folder. */
export function readHistory(
  folder: string,
  { history, memory }: Pick<Round, 'history' | 'memory'>,
  more: readonly ChunkSource[] = [],
  onRows?: (rows: number) => void,
): History {
  const { grants, cut } = openGrants([...chunkFiles(folder), ...more], onRows);
  const atResource = readResource(folder);
  return {
    ...history,
    rows: grants,
    lost: [...history.lost, ...cut, ...(atResource?.cut ?? [])],
    resource: memory ?? (atResource === null ? null : { kind: 'server', rows: atResource.rows }),
    trace: readTrace(folder),
  };
}

/** In the order of writing: what a worker could not write itself came last. */
export function chunkFiles(folder: string): ChunkSource[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.chunk'));
  } catch {
    // No folder, no files: what there is was handed over.
  }
  const own = names.filter((name) => name.startsWith(workerPrefix)).sort();
  const kept = names.filter((name) => !name.startsWith(workerPrefix)).sort();
  return [...own, ...kept].map((name) => ({ name, from: join(folder, name) }));
}
