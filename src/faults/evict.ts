/** A full server makes room: with a volatile policy the keys that expire go, and locks are such keys. Source: redis.conf, maxmemory-policy. */
import type { Fault, FaultServer } from '../contract/index.js';
import { aim, names } from './aim.js';

/** Less than an empty server needs: it evicts at the next write. */
const tooLittleBytes = 1;
const lookMs = 5;
const lookLimitMs = 1000;

async function evictedBy(server: FaultServer): Promise<number> {
  return Number(/^evicted_keys:(\d+)/m.exec(String(await server.call('INFO', 'stats')))?.[1] ?? 0);
}

async function evictAll(server: FaultServer): Promise<void> {
  await server.call('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
  await server.call('CONFIG', 'SET', 'maxmemory', tooLittleBytes);
}

async function enoughMemory(server: FaultServer): Promise<void> {
  await server.call('CONFIG', 'SET', 'maxmemory', 0);
  await server.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
}

export default {
  name: 'evict',
  help: 'servers that know a held lock run out of memory and evict it (maxmemory-policy volatile-ttl)',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true },
  async strike(lab) {
    const { victims, when, struck, probe } = await aim(lab);
    const before = await Promise.all(victims.map(evictedBy));
    const atMs = lab.nowMs();
    const heal = async (): Promise<void> => void (await Promise.all(victims.map(enoughMemory)));
    const gone = async (): Promise<boolean> =>
      (await Promise.all(victims.map(evictedBy))).every((count, i) => count > before[i]!);
    let evicted = false;
    try {
      lab.onHeal(() => Promise.all(victims.map(enoughMemory)));
      await Promise.all(victims.map(evictAll));
      struck();
      for (evicted = await gone(); !evicted && lab.nowMs() < atMs + lookLimitMs; evicted = await gone())
        await lab.sleep(lookMs);
    } finally {
      await heal();
    }
    return {
      what: `${names(victims)} out of memory ${when}, for ${Math.round(lab.nowMs() - atMs)} ms`,
      atMs,
      hit: victims,
      lost: evicted ? victims : [],
      probe: () => (evicted ? probe() : Promise.resolve('nothing was evicted')),
      heal,
    };
  },
} satisfies Fault;
