/**
 * One server as faults see it. Those that are no processes of ours can be called, and asked what time it is there; the
 * rest they refuse.
 */
import { nowMs, wallClock } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type FaultServer, type Reply } from '../contract/index.js';
import type { Fleet, Member } from './fleet.js';

export interface ServerControl extends FaultServer {
  readonly endpoint: NodeEndpoint;
  /** Of its latest process, also when that has ended; null where it is no process of this machine's. */
  readonly pid: number | null;
  /** That process and its children now; empty where it is none of this machine's. */
  family(): readonly number[];
}

export function remoteControl(fleet: Fleet, member: Member, index: number): ServerControl {
  const refuse = (what: string): LockbenchError =>
    new LockbenchError(
      'BAD_PLAN',
      `${member.name} cannot be ${what} from here: it is no process of ours`,
      'Faults of servers need private ones: --servers process, without --redis.',
    );
  return {
    name: member.name,
    index,
    endpoint: member.endpoint,
    pid: member.pid,
    family: () => [],
    call: (name, ...args) => fleet.call(member, name, ...args),
    freeze: () => Promise.reject(refuse('stopped')),
    thaw: () => Promise.reject(refuse('continued')),
    kill: () => Promise.reject(refuse('killed')),
    start: () => Promise.reject(refuse('started')),
    setClock() {
      throw refuse('given another time');
    },
    clockAheadMs: () => clockAheadMs(() => fleet.call(member, 'TIME')),
  };
}

/** Against our wall clock halfway between question and answer. */
export async function clockAheadMs(askTime: () => Promise<Reply>): Promise<number> {
  const askedAtMs = nowMs();
  const reply = await askTime();
  const halfwayMs = wallClock().getTime() - (nowMs() - askedAtMs) / 2;
  const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : [];
  if (seconds === undefined || microseconds === undefined) {
    throw new LockbenchError('UNREACHABLE', `TIME answers ${JSON.stringify(reply)}`);
  }
  return seconds * 1000 + microseconds / 1000 - halfwayMs;
}
