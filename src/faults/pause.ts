/** What the three pauses have in common: one contender's whole event loop stands still at an event. */
import type { Caught, FaultEvent, FaultLab, Strike } from '../contract/index.js';

/** Of the TTL: longer than any lease lasts. */
const pastLease = 1.5;

export function pauseMs({ fault, ttlMs }: FaultLab): number {
  return fault.durationMs ?? ttlMs * pastLease;
}

/** Rejects when the event did not come. */
export async function pauseAt(lab: FaultLab, event: FaultEvent, doing: string): Promise<Strike> {
  const ms = pauseMs(lab);
  const caught = await lab.contenders.catch(event, lab.fault.nth, { kind: 'stand-still', ms }, lab.patienceMs);
  if (caught === null) throw new Error(`no contender came to @${event} within ${Math.round(lab.patienceMs)} ms`);
  return strikeOf(lab, caught, ms, doing);
}

export function strikeOf(lab: FaultLab, caught: Caught, ms: number, doing: string): Strike {
  const lasts = caught.over.then(() => {});
  return {
    what: `${caught.name} stood still for ${Math.round(ms)} ms ${doing} key ${caught.key}, and all of its worker with it`,
    atMs: lab.nowMs(),
    lasts,
    async probe() {
      const { stoodStillMs } = await caught.over;
      return stoodStillMs >= ms ? null : `it stood still for ${Math.round(stoodStillMs)} of ${Math.round(ms)} ms`;
    },
    // A stand-still ends by itself, and in no other way.
  };
}
