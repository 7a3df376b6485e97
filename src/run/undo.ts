/** How to take back what a fault has done: the last first, each step whatever became of the others, and within a limit. */
import { limit } from '../base/clock.js';

const limitMs = 10_000;

export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #over = false;

  /** When all has been undone already, at once: it came too late. */
  add(step: () => Promise<unknown>): void {
    if (this.#over) void attempt(step);
    else this.#steps.push(step);
  }

  /** Null, or in words what could not be undone. */
  async run(): Promise<string | null> {
    this.#over = true;
    const all = async (): Promise<string | null> => {
      const failures: string[] = [];
      for (const step of this.#steps.splice(0).reverse()) failures.push(...((await attempt(step)) ?? []));
      return failures.length === 0 ? null : failures.join(', ');
    };
    return Promise.race([all(), limit(limitMs).then(() => 'it took too long')]);
  }
}

/** Null, or why it failed. */
async function attempt(step: () => Promise<unknown>): Promise<readonly string[] | null> {
  try {
    await step();
    return null;
  } catch (error) {
    return [reason(error)];
  }
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
