/**
 * An administrator, a failover of a pooler or an idle time-out ends the session of a holder. The server lets go of its lock at
 * once, and the holder hears of it as fast as a connection closes: for so long two may be inside.
 */
import type { Fault, FaultServer } from '../contract/index.js';
import { keepHolder } from './aim.js';

const goneLimitMs = 1_000;
const lookMs = 2;

/** Whoever holds the advisory lock that a name stands for. */
const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
  AND ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)`;

async function backendOf(server: FaultServer, name: string): Promise<number> {
  const rows = (await server.call(holders, name)) as readonly (readonly [number])[];
  if (rows.length > 0) return rows[0][0];
  throw new Error('no backend holds an advisory lock by the name of the one who was caught');
}

export default {
  name: 'terminate-backend',
  help: 'PostgreSQL ends the session of a holder (pg_terminate_backend), and with it its lock',
  hits: 'servers',
  defaultTarget: 'primary',
  instant: true,
  options: {},
  engines: ['postgres'],
  needs: {},
  async strike(lab) {
    const { targets, keyPrefix, patienceMs, nowMs, sleep } = lab;
    const [server] = targets;
    const holder = await keepHolder(lab);
    if (holder === null) throw new Error(`nobody was granted a lock within ${Math.round(patienceMs)} ms`);
    const backend = await backendOf(server, keyPrefix + holder.key);
    await server.call('SELECT pg_terminate_backend($1::int)', backend);
    const atMs = nowMs();
    let left: unknown = 1;
    while (left !== 0 && nowMs() - atMs < goneLimitMs) {
      const rows = (await server.call('SELECT 1 FROM pg_stat_activity WHERE pid = $1::int', backend)) as unknown[];
      left = rows.length;
      if (left !== 0) await sleep(lookMs);
    }
    return {
      what: `pg_terminate_backend of ${holder.name} while it held key ${holder.key}`,
      atMs,
      // What it had promised has been taken back.
      lost: left === 0 ? [server] : [],
      probe: () => Promise.resolve(left === 0 ? null : `its backend was still there after ${goneLimitMs} ms`),
    };
  },
} satisfies Fault;
