/**
 * Where a design keeps its lock, found out by looking: it acquires and releases once, and the keys that come and go are
 * the lock, those that stay are its book-keeping (a counter of fences, say). So cases can plant a stranger's lock and
 * look for leftovers without knowing the design.
 */
import type { Client, ServerHand } from './types.js';

export interface Layout {
  /** The string key that holds the lock; null where there is none with the lock's name in it. */
  lockKeyOf(key: string): string | null;
  /** Whether the design keeps such a key for good. */
  isBookkeeping(found: string): boolean;
}

/** Where there is no looking: servers that are no Redis. */
export const unseen: Layout = { lockKeyOf: () => null, isBookkeeping: () => false };

const probeKey = 'conform:probe';

export async function findLayout(client: Client, masters: readonly ServerHand[]): Promise<Layout> {
  const before = await keysOf(masters);
  const grant = await client.hold(probeKey);
  // Granted by a quorum, it may still be on its way to the others: what a broken lock then forgets there would pass for
  // book-keeping, and hide all that it forgets later.
  await client.answered();
  await client.quiesce();
  const held = await keysOf(masters);
  await client.release(grant);
  await client.quiesce();
  const kept = new Set([...(await keysOf(masters))].filter((key) => !before.has(key)));
  const gone = [...held].filter((key) => !kept.has(key) && key.includes(probeKey));
  const types = await Promise.all(gone.map((key) => typeOf(client, masters, key)));
  const template = gone.find((_, i) => types[i] !== 'other')?.split(probeKey) ?? null;
  const standing = [...kept].map((key) => key.split(probeKey));
  return {
    lockKeyOf: (key) => (template === null ? null : template.join(key)),
    isBookkeeping: (found) =>
      standing.some(([before, behind]) =>
        behind === undefined ? found === before : found.startsWith(before) && found.endsWith(behind),
      ),
  };
}

/** The lock was released when we ask, so it is taken once more to look. */
async function typeOf(client: Client, masters: readonly ServerHand[], key: string): Promise<'string' | 'other'> {
  const grant = await client.hold(probeKey);
  await client.answered();
  await client.quiesce();
  const types = await Promise.all(masters.map((server) => server.call('TYPE', key)));
  await client.release(grant);
  await client.quiesce();
  return types.includes('string') ? 'string' : 'other';
}

async function keysOf(masters: readonly ServerHand[]): Promise<Set<string>> {
  const lists = await Promise.all(masters.map((server) => server.call('KEYS', '*')));
  return new Set((lists as string[][]).flat());
}
