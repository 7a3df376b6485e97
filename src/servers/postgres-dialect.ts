/**
 * PostgreSQL, by SQL. Our locks there are the advisory locks of sessions that bear our name; the server knows them by number
 * only, so no name of a lock can be told.
 */
import { delay, nowMs } from '../base/clock.js';
import type { Admin } from '../clients/admin.js';
import { openPostgresAdmin } from '../clients/postgres-admin.js';
import { applicationName } from '../clients/postgres-options.js';
import type { Dialect } from './dialect.js';

const settingNames = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_writer_delay', 'max_connections'];

/** A session that has just ended takes a moment to let go. */
const letGoMs = 500;
const lookMs = 10;

const held = `SELECT DISTINCT activity.pid, ((classid::bigint << 32) | objid::bigint)::text
  FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND application_name = $1 AND pid <> pg_backend_pid()`;

async function heldBy(admin: Admin): Promise<readonly (readonly [pid: number, lock: string])[]> {
  return (await admin.call(held, applicationName)) as unknown as readonly (readonly [number, string])[];
}

export const postgresDialect: Dialect = {
  openAdmin: openPostgresAdmin,
  async facts(admin) {
    const [[version, standby]] = (await admin.call(
      `SELECT current_setting('server_version'), pg_is_in_recovery()`,
    )) as unknown as readonly [readonly [string, number]];
    const rows = (await admin.call(
      `SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY (string_to_array($1, ','))`,
      settingNames.join(','),
    )) as unknown as readonly (readonly [string, string])[];
    const settings = Object.fromEntries(rows);
    return {
      version: `PostgreSQL ${version.split(' ')[0]}`,
      mode: standby === 1 ? 'standby' : 'primary',
      settings: { ...settings, durability: durabilityIn(settings) },
    };
  },
  cpuMs: () => Promise.resolve(NaN),
  async keysWith(_, admin) {
    const untilMs = nowMs() + letGoMs;
    for (;;) {
      const found = await heldBy(admin);
      if (found.length === 0 || nowMs() > untilMs)
        return found.map(([pid, lock]) => `advisory lock ${lock}, held by backend ${pid}`);
      await delay(lookMs);
    }
  },
  async removeKeysWith(_, admin) {
    for (const [pid] of await heldBy(admin)) await admin.call('SELECT pg_terminate_backend($1::int)', pid);
  },
};

function durabilityIn({ fsync, synchronous_commit: commit }: Readonly<Record<string, string>>): string {
  if (fsync !== 'on') return 'none';
  return commit === 'off' ? 'fsync every second' : 'fsync';
}
