/** A lease that is measured with the wall clock seems to last longer when that is set back. */
import type { Fault } from '../contract/index.js';

interface StepOptions {
  readonly by: number;
}

/** Of the TTL, where the plan does not say. */
const pastLease = 2;
const enough = 0.5;

export default {
  name: 'client-clock-step',
  help: 'the wall clock of the contenders steps back',
  hits: 'contender',
  defaultTarget: '',
  breaksClocks: true,
  options: { by: { kind: 'duration', default: 0, minMs: 0, maxMs: 86_400_000, help: 'how far; 0 is twice the TTL' } },
  needs: {},
  async strike(lab, { by }) {
    const stepMs = by === 0 ? lab.ttlMs * pastLease : by;
    lab.onHeal(() => lab.contenders.stepWallClock(stepMs));
    const movedMs = await lab.contenders.stepWallClock(-stepMs);
    return {
      what: `the wall clock of all contenders set back by ${stepMs} ms`,
      atMs: lab.nowMs(),
      probe: () => Promise.resolve(movedMs <= -stepMs * enough ? null : `it moved by ${Math.round(movedMs)} ms`),
    };
  },
} satisfies Fault<StepOptions>;
