/**
 * What a command is going to do, decided and checked, with nothing started yet: `bench ci` prepares all of its steps before the
 * first one starts.
 */
import { exitCodes } from '../contract/index.js';
import type { Args } from './args.js';
import { listenForInterruption, type Interruption } from './interruption.js';
import { createProgress, type Progress } from './progress.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

export interface Step {
  /** What --dry-run prints, JSON-safe. */
  readonly plan: unknown;
  /** Resolves with the exit code. */
  run(progress: Progress, interruption: Interruption): Promise<number>;
  /** Removes what was made to prepare it. */
  dispose(): void;
}

export type Prepare = (args: Args, onPhase: (text: string) => void) => Promise<Step>;

export function progressFor(args: Args): Progress {
  return createProgress(process.stderr, {
    ...terminalStyle(process.stderr, process.env),
    quiet: args['quiet'] === true,
  });
}

/** A command that is one step. */
export async function perform(args: Args, prepare: Prepare): Promise<number> {
  const progress = progressFor(args);
  const interruption = listenForInterruption(progress);
  let step: Step | null = null;
  try {
    step = await prepare(args, (text) => progress.phase(text));
    if (args['dry-run'] !== true) return await step.run(progress, interruption);
    await print(`${JSON.stringify(step.plan, null, 2)}\n`);
    return exitCodes.ok;
  } finally {
    progress.end();
    step?.dispose();
  }
}
