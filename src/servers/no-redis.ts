/** What to do where no Redis is to be had. */
import type { LockbenchError } from '../contract/index.js';
import { noServer, type Way } from './no-server.js';

const ways: readonly Way[] = [
  ['or, as root', 'sudo apt-get install redis-server'],
  ['Fedora', 'sudo dnf install valkey'],
  ['macOS', 'brew install redis'],
  ['Docker', 'docker compose --profile quorum up -d --wait   (or start the engine: containers are used by themselves)'],
  ['elsewhere', 'bench --redis host:port,...   (servers that run already)'],
];

/** `details` tells what was tried, and why it did not do. */
export function noRedis(details: string): LockbenchError {
  return noServer('Redis', details, ways, 'NO_REDIS');
}
