/** Steps at the servers, kept in runs with faults so that an interleaving can be told with all who took part in it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceStep } from '../contract/index.js';

/** Of one worker; beyond it the oldest go. */
const limitSteps = 200_000;

/** What a worker has seen last. */
export class TraceRing {
  readonly #steps: TraceStep[] = [];
  /** The oldest, once the ring is full. */
  #next = 0;

  constructor(private readonly limit = limitSteps) {}

  add(step: TraceStep): void {
    if (this.#steps.length < this.limit) {
      this.#steps.push(step);
      return;
    }
    this.#steps[this.#next] = step;
    this.#next = (this.#next + 1) % this.limit;
  }

  /** In the order in which they came. */
  steps(): TraceStep[] {
    return [...this.#steps.slice(this.#next), ...this.#steps.slice(0, this.#next)];
  }

  /** In one go: the process may be about to be killed. Tells what the disk said where it refused. */
  write(file: string): string | null {
    try {
      writeFileSync(file, JSON.stringify(this.steps()), { mode: 0o600 });
      return null;
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
}

export function traceFile(folder: string, worker: number): string {
  return join(folder, `worker-${String(worker).padStart(2, '0')}.trace.json`);
}

/** In order of time; empty where none was kept. */
export function readTrace(folder: string): TraceStep[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.trace.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TraceStep[])
    .sort((a, b) => a.atNs - b.atNs);
}
