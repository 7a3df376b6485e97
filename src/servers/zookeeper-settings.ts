/** The settings that our own ZooKeeper runs with, in processes and in containers alike (Administrator's Guide, "Configuration Parameters"). */
import type { Persistence } from '../contract/index.js';

/** Sessions end at whole ticks, so it is also how much later than asked for they may. */
const tickMs = 200;
/** 10 s for a follower to catch up on a busy machine. */
const initTicks = 50;
/** A leader that stands still is left after 1 s. */
const syncTicks = 5;
/** What the servers let clients have, whatever the tick. */
export const leastSessionMs = 400;
export const longestSessionMs = 60_000;

/** There is no "every second": it syncs every transaction, or leaves it to the system when: a killed server loses nothing then, a power failure may. */
export function zookeeperSettings(persistence: Persistence) {
  return {
    tickTime: tickMs,
    initLimit: initTicks,
    syncLimit: syncTicks,
    minSessionTimeout: leastSessionMs,
    maxSessionTimeout: longestSessionMs,
    maxClientCnxns: 0,
    forceSync: persistence === 'none' ? 'no' : 'yes',
    'admin.enableServer': false,
    '4lw.commands.whitelist': '*',
  } as const;
}

/** Of an ensemble, in words. */
export function durabilityIn(persistence: Persistence): string {
  return persistence === 'none' ? 'quorum, not synced' : 'quorum fsync';
}
