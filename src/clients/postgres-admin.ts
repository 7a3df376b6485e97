/** A connection for looking after a PostgreSQL, not for locking. What is called is one statement of SQL with its values. */
import type { Reply } from '../contract/index.js';
import type { Admin } from './admin.js';
import type { NodeEndpoint } from './endpoint.js';
import { openSession } from './postgres-session.js';

/** PING and TIME, which faults ask of every server. */
const asInRedis: Readonly<Record<string, string>> = {
  PING: 'SELECT 1',
  TIME: `SELECT floor(extract(epoch FROM now_))::bigint, (extract(microseconds FROM now_)::bigint % 1000000)
    FROM (SELECT clock_timestamp() AS now_) AS clock`,
};

/** Rows as lists of their columns, 64-bit integers as text; of TIME the one row. */
export async function openPostgresAdmin(endpoint: NodeEndpoint, timeoutMs: number): Promise<Admin> {
  const session = await openSession(endpoint, timeoutMs, {
    meter: { commands: 0, roundTrips: 0 },
    failed: () => {},
  });
  let closing = false;
  return {
    async call(name, ...values) {
      const { failure, rows } = await session.query(asInRedis[name] ?? name, values, timeoutMs);
      if (failure !== null) throw new Error(failure.message);
      const replies = rows.map((row) => row.map((value) => (typeof value === 'string' ? value : plain(value))));
      return name === 'TIME' ? replies[0]! : replies;
    },
    onLost: (listener) =>
      void session.onLost(() => {
        if (!closing) listener();
      }),
    close() {
      closing = true;
      session.end();
    },
  };
}

function plain(value: bigint | number | boolean | null): Reply {
  return typeof value === 'bigint' ? String(value) : typeof value === 'boolean' ? Number(value) : value;
}
