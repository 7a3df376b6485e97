/** What to do where no PostgreSQL is to be had. */
import type { LockbenchError } from '../contract/index.js';
import { noServer, type Way } from './no-server.js';

const ways: readonly Way[] = [
  ['or, as root', 'sudo apt-get install postgresql'],
  ['Fedora', 'sudo dnf install postgresql-server'],
  ['macOS', 'brew install postgresql@17'],
  [
    'Docker',
    'docker compose --profile postgres up -d --wait   (or start the engine: containers are used by themselves)',
  ],
  ['another place', 'BENCH_POSTGRES_BIN=/folder/of/postgres/and/initdb'],
  ['elsewhere', 'bench --postgres postgres://user@host:port/database   (a server that runs already; PGPASSWORD)'],
];

/** `details` tells what was tried, and why it did not do. */
export function noPostgres(details: string): LockbenchError {
  return noServer('PostgreSQL', details, ways);
}
