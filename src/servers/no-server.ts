/** What to do where a server program is missing: one line to type for each platform. */
import { LockbenchError, type ErrorCode } from '../contract/index.js';

export type Way = readonly [platform: string, line: string];

/** The same for all: it fetches whatever is missing. */
const unpacking: Way = ['Debian, Ubuntu', 'npx bench doctor --install   (into your cache folder; needs no root)'];

/** `program` as people call it; `details` tells what was tried, and why it did not do. */
export function noServer(
  program: string,
  details: string,
  ways: readonly Way[],
  code: ErrorCode = 'NO_SERVER',
): LockbenchError {
  const all = [unpacking, ...ways];
  const widest = Math.max(...all.map(([platform]) => platform.length));
  const lines = all.map(([platform, line]) => `  ${`${platform}:`.padEnd(widest + 2)}${line}`);
  return new LockbenchError(
    code,
    `There is no ${program} to be had here: ${details}.`,
    `One of these will do, then try again:\n${lines.join('\n')}`,
  );
}
