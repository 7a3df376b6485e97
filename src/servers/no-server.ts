/** What to do where a server program is missing: one line to type for each platform. */
import { LockbenchError, type ErrorCode } from '../contract/index.js';

export type Way = readonly [platform: string, line: string];

/** `program` as people call it; `details` tells what was tried, and why it did not do. */
export function noServer(
  program: string,
  details: string,
  ways: readonly Way[],
  code: ErrorCode = 'NO_SERVER',
): LockbenchError {
  const widest = Math.max(...ways.map(([platform]) => platform.length));
  const lines = ways.map(([platform, line]) => `  ${`${platform}:`.padEnd(widest + 2)}${line}`);
  return new LockbenchError(
    code,
    `There is no ${program} to be had here: ${details}.`,
    `One of these will do, then try again:\n${lines.join('\n')}`,
  );
}
