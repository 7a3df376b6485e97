/** What went wrong, in words and as an exit code. */
import { LockbenchError, errorCodes, exitCodes } from '../contract/index.js';

/** Errors that are foreseen have words of their own; the others are ours to mend, so their trace is of use. */
export function tell(error: unknown): number {
  if (error instanceof LockbenchError && error.code !== 'INTERNAL') {
    process.stderr.write(`bench: ${error.message}\n${error.hint === '' ? '' : `${error.hint}\n`}`);
    return errorCodes[error.code];
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`bench: a fault of its own, please report it:\n${trace}\n`);
  return exitCodes.harness;
}
