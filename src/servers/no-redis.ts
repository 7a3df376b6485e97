/** What to do where no Redis is to be had: one line to type for each platform. */
import { LockbenchError } from '../contract/index.js';

const ways: readonly (readonly [platform: string, line: string])[] = [
  ['Debian, Ubuntu', 'sudo apt-get install redis-server'],
  ['Fedora', 'sudo dnf install valkey'],
  ['macOS', 'brew install redis'],
  ['Docker', 'docker compose --profile quorum up -d --wait   (or start the engine: containers are used by themselves)'],
  ['elsewhere', 'bench --redis host:port,...   (servers that run already)'],
];

const widest = Math.max(...ways.map(([platform]) => platform.length));

/** `details` tells what was tried, and why it did not do. */
export function noRedis(details: string): LockbenchError {
  const lines = ways.map(([platform, line]) => `  ${`${platform}:`.padEnd(widest + 2)}${line}`);
  return new LockbenchError(
    'NO_REDIS',
    `There is no Redis to be had here: ${details}.`,
    `One of these will do, then try again:\n${lines.join('\n')}`,
  );
}
