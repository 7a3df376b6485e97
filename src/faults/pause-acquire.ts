/**
 * A client asks, stands still while the answers lie in its buffers, and reads them when the lease is over: a design that
 * does not look at the clock again believes that it holds. Source: Kleppmann, same article, "Making Redlock safe" (the
 * second example), and antirez, news/101, on step 3.
 */
import type { Fault, FaultLab } from '../contract/index.js';
import { pauseMs, strikeOf } from './pause.js';

/** Longer than an answer takes, and than anybody else keeps the lock. */
const settledShare = 0.25;

/** The values of the lock at those servers that have one. */
async function valuesOf(lab: FaultLab, key: string): Promise<readonly string[]> {
  const answers = await Promise.allSettled(lab.servers.map((server) => server.call('GET', lab.keyPrefix + key)));
  return answers.flatMap((one) => (one.status === 'fulfilled' && typeof one.value === 'string' ? one.value : []));
}

/** Nobody else is granted a lock for so long without giving it back, so it is the lock of the one that stands still. */
async function isGranted(lab: FaultLab, key: string): Promise<boolean> {
  await lab.sleep(lab.ttlMs * settledShare);
  const before = await valuesOf(lab, key);
  await lab.sleep(lab.ttlMs * settledShare);
  const after = await valuesOf(lab, key);
  return after.some((value) => before.includes(value));
}

export default {
  name: 'pause-acquire',
  help: 'a client stands still while the answers to its acquire wait in its buffers',
  hits: 'contender',
  defaultTarget: '',
  event: 'acquire-sent',
  options: {},
  needs: {},
  async strike(lab) {
    const ms = pauseMs(lab);
    const action = { kind: 'stand-still', ms } as const;
    const untilMs = lab.nowMs() + lab.patienceMs + 2 * ms;
    for (let tries = 1; ; tries += 1) {
      const caught = await lab.contenders.catch('acquire-sent', lab.fault.nth, action, lab.patienceMs);
      if (caught === null) throw new Error('no contender asked for the lock');
      const atMs = lab.nowMs();
      // A request that is refused anyway shows nothing.
      const granted = await isGranted(lab, caught.key);
      const { outcome } = await caught.over;
      const strike = strikeOf(lab, caught, ms, 'when it had asked for');
      const what = `${strike.what}; its acquire ended: ${outcome}`;
      if (granted) return { ...strike, atMs, what: `${what}, having been granted meanwhile` };
      if (lab.nowMs() > untilMs)
        return {
          ...strike,
          atMs,
          what,
          probe: () => Promise.resolve(`none of ${tries} requests was granted meanwhile`),
        };
    }
  },
} satisfies Fault;
