/** Everything that is wrong with the options is told at once: name, what was given, what was expected or meant. */
import { LockbenchError } from '../contract/index.js';
import { nearest } from '../base/plugins.js';

export interface Problem {
  readonly option: string;
  readonly received: string;
  readonly advice: string;
}

export class Problems {
  readonly #list: Problem[] = [];

  add(option: string, received: string, expected: string): void {
    this.#tell({ option, received, advice: `expected ${expected}` });
  }

  /** For what is well formed and cannot be had. */
  refuse(option: string, received: string, reason: string): void {
    this.#tell({ option, received, advice: reason });
  }

  unknown(option: string, received: string, what: string, known: readonly string[]): void {
    const near = nearest(received, known);
    const advice =
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `there is no such ${what}; there are ${known.join(', ')}`;
    this.#tell({ option, received, advice });
  }

  #tell(problem: Problem): void {
    const told = this.#list.some(({ option, advice }) => option === problem.option && advice === problem.advice);
    if (!told) this.#list.push(problem);
  }

  throwIfAny(): void {
    if (this.#list.length === 0) return;
    const lines = this.#list.map(
      ({ option, received, advice }) => `${option}: got ${JSON.stringify(received)}, ${advice}`,
    );
    throw new LockbenchError(
      'BAD_ARGUMENT',
      lines.join('\n'),
      'bench --help shows every option with its default, bench list every strategy with its own.',
    );
  }
}
