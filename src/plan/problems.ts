/** Everything that is wrong with the options is told at once: name, what was given, what was expected. */
import { LockbenchError } from '../contract/index.js';
import { nearest } from '../base/plugins.js';

export interface Problem {
  readonly option: string;
  readonly received: string;
  readonly expected: string;
}

export class Problems {
  readonly #list: Problem[] = [];

  add(option: string, received: string, expected: string): void {
    if (this.#list.some((one) => one.option === option && one.expected === expected)) return;
    this.#list.push({ option, received, expected });
  }

  unknown(option: string, received: string, what: string, known: readonly string[]): void {
    const near = nearest(received, known);
    this.add(
      option,
      received,
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : `a known ${what}: ${known.join(', ')}`,
    );
  }

  throwIfAny(): void {
    if (this.#list.length === 0) return;
    const lines = this.#list.map(
      ({ option, received, expected }) => `${option}: got ${JSON.stringify(received)}, expected ${expected}`,
    );
    throw new LockbenchError(
      'BAD_ARGUMENT',
      lines.join('\n'),
      'bench --help shows every option with its default, bench list every strategy with its own.',
    );
  }
}
