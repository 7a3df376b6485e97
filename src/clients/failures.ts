/** From what a server or a connection says to a `Failure`: its code, and above all whether the command may have been executed. */
import type { Command, Failure, FailureCode } from '../contract/index.js';

/** Errors with which Redis refuses a command before it runs, a script included. */
const refusals: ReadonlySet<string> = new Set<FailureCode>(['NOSCRIPT', 'READONLY', 'LOADING', 'BUSY', 'OOM']);

const scriptCommands: ReadonlySet<string> = new Set(['EVAL', 'EVALSHA', 'FCALL']);

export function runsScript(command: Command): boolean {
  return command.script !== undefined || scriptCommands.has(command.name);
}

/** A script that ends in an error may have written before; a plain command has not. */
export function serverFailure(message: string, isScript: boolean): Failure {
  const end = message.indexOf(' ');
  const prefix = end < 0 ? message : message.slice(0, end);
  if (refusals.has(prefix)) return { code: prefix as FailureCode, fate: 'not-executed', message };
  return { code: 'ERR', fate: isScript ? 'maybe-executed' : 'not-executed', message };
}

/** Nothing was written. */
export function downFailure(reason: string): Failure {
  return { code: 'DOWN', fate: 'not-executed', message: `not sent: ${reason}` };
}

/** Written, and the connection is gone. */
export function resetFailure(reason: string): Failure {
  return { code: 'RESET', fate: 'maybe-executed', message: `connection lost: ${reason}` };
}

export function timeoutFailure(timeoutMs: number): Failure {
  return { code: 'TIMEOUT', fate: 'maybe-executed', message: `no answer within ${timeoutMs} ms` };
}

/**
 * Of a group, the first failure. Where another of its commands was or may have been executed, so may the group: its
 * fate is the worst of all.
 */
export function groupFailure(failures: readonly (Failure | null)[]): Failure | null {
  const first = failures.find((failure) => failure !== null) ?? null;
  if (first === null || failures.every((failure) => failure?.fate === 'not-executed')) return first;
  return { ...first, fate: 'maybe-executed' };
}
