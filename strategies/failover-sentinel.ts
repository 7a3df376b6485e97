/**
 * `failover` where Sentinel does the failover: the lock is the same, SET NX PX on the primary and WAIT when asked for. Which
 * server is the primary is no business of the design: its node is a role, and the port below follows it
 * (src/clients/sentinel-resolver.ts), so what changes is the promise. Source: Redis documentation, "High availability with
 * Redis Sentinel" ("Sentinel + Redis distributed system does not guarantee that acknowledged writes are retained").
 *
 * Servers may be down as long as a replica is left, and as many as WAIT asks for. Until one is promoted nobody gets the lock.
 */
import type { LockStrategy } from '../src/contract/index.js';
import {
  failoverOptions,
  failoverScripts,
  judgeFailover,
  openFailover,
  replicasNeeded,
  type FailoverOptions,
} from './failover.js';

/** Two seconds with the sentinels that lockbench starts; an election that fails is held again after twice their time limit. */
const recoversMs = 10_000;

export default {
  name: 'failover-sentinel',
  help: 'failover, where three sentinels promote a replica and clients follow it',
  engine: 'redis',
  topology: 'sentinel',
  options: failoverOptions,
  scripts: failoverScripts,
  judge(options, topology) {
    const toleratesDown = Math.max(0, topology.replicas - replicasNeeded(options, topology));
    return judgeFailover(options, topology, { toleratesDown, ...(toleratesDown > 0 ? { recoversMs } : {}) });
  },
  open: openFailover,
} satisfies LockStrategy<'redis', FailoverOptions>;
