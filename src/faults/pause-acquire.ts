/**
 * A client asks, stands still while the answers lie in its buffers, and reads them when the lease is over: a design that
 * does not look at the clock again believes that it holds. Source: Kleppmann, same article, "Making Redlock safe" (the
 * second example), and antirez, news/101, on step 3.
 */
import type { Fault } from '../contract/index.js';
import { pauseMs, strikeOf } from './pause.js';

export default {
  name: 'pause-acquire',
  help: 'a client stands still while the answers to its acquire wait in its buffers',
  hits: 'contender',
  defaultTarget: '',
  event: 'acquire-sent',
  instant: false,
  options: {},
  needs: {},
  async strike(lab) {
    const ms = pauseMs(lab);
    const action = { kind: 'stand-still', ms } as const;
    const untilMs = lab.nowMs() + lab.patienceMs + 3 * ms;
    for (let tries = 1; ; tries += 1) {
      const caught = await lab.contenders.catch('acquire-sent', lab.fault.nth, action, lab.patienceMs);
      if (caught === null) throw new Error('no contender asked for the lock');
      const { outcome } = await caught.over;
      const strike = strikeOf(lab, caught, ms, 'when it had asked for');
      // A request that is refused anyway shows nothing.
      if (outcome !== 'busy') return { ...strike, what: `${strike.what}; its acquire ended: ${outcome}` };
      if (lab.nowMs() > untilMs)
        return {
          ...strike,
          probe: () => Promise.resolve(`all ${tries} acquires that stood still would have been refused anyway`),
        };
    }
  },
} satisfies Fault;
