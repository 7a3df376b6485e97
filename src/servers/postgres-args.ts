/** The settings that our own PostgreSQL runs with, in processes and in containers alike. */
import type { Persistence } from '../contract/index.js';

/** Workers have up to 64 sessions each. */
const maxConnections = 500;
/** A commit that is not waited for is on the disk after three rounds of the writer of the log. */
const walWriterDelayMs = 333;

/** none: nothing is synced. everysec: commits are not waited for. always: they are. */
export function postgresArgs(persistence: Persistence): readonly string[] {
  const settings = {
    fsync: persistence === 'none' ? 'off' : 'on',
    synchronous_commit: persistence === 'everysec' ? 'off' : 'on',
    full_page_writes: persistence === 'none' ? 'off' : 'on',
    wal_writer_delay: `${walWriterDelayMs}ms`,
    max_connections: maxConnections,
    shared_buffers: '16MB',
    // Their work would show up as latency, and there is nothing for them to do.
    autovacuum: 'off',
    jit: 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
