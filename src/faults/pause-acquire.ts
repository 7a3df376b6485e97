/**
 * A client asks, stands still while the answers lie in its buffers, and reads them when the lease is over: a design that
 * does not look at the clock again believes that it holds. Source: Kleppmann, same article, "Making Redlock safe" (the
 * second example), and antirez, news/101, on step 3.
 */
import type { Caught, Fault, FaultLab } from '../contract/index.js';
import { knownTo, mastersOf } from './aim.js';
import { pauseMs, strikeOf } from './pause.js';

/** How long it is looked for, of the TTL: on a busy machine a request takes its time, and it stands still anyway. */
const settledShare = 0.75;
const lookMs = 5;
/** Under contention half of all requests are refused. */
const mostTries = 8;
/** Longer than any run: for what ends with it. */
const longMs = 86_400_000;

/** Whether enough servers have given the lock to the one that stands still; its request may still be under way. */
async function isGranted(lab: FaultLab, caught: Caught): Promise<boolean> {
  const needed = Math.max(1, mastersOf(lab).length - lab.claims.toleratesDown);
  const untilMs = lab.nowMs() + lab.ttlMs * settledShare;
  while (lab.nowMs() < untilMs) {
    if ((await knownTo(lab, caught)).length >= needed) return true;
    await lab.sleep(lookMs);
  }
  return false;
}

export default {
  name: 'pause-acquire',
  help: 'a client stands still while the answers to its acquire wait in its buffers',
  hits: 'contender',
  defaultTarget: '',
  events: ['acquire-sent'],
  options: {},
  needs: {},
  async strike(lab) {
    const ms = pauseMs(lab);
    const action = { kind: 'stand-still', ms } as const;
    let over = false;
    void lab.sleep(longMs).then(() => (over = true));
    for (let tries = 1; ; tries += 1) {
      const caught = await lab.contenders.catch('acquire-sent', lab.fault.nth, action, lab.patienceMs);
      if (caught === null) throw new Error('no contender asked for the lock');
      const strike = strikeOf(lab, caught, ms, 'when it had asked for');
      // A request that is refused anyway shows nothing.
      const granted = await isGranted(lab, caught);
      const { outcome } = await caught.over;
      const what = `${strike.what}; its acquire ended: ${outcome}`;
      if (granted) return { ...strike, what: `${what}, having been granted meanwhile` };
      const why = `none of ${tries} requests was granted meanwhile`;
      if (over || tries === mostTries) return { ...strike, what, probe: () => Promise.resolve(why) };
    }
  },
} satisfies Fault;
