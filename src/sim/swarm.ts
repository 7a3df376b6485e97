/**
 * A scenario drawn from a seed: another subset of faults, with other rates, for each. Runs that leave some faults out find
 * more than runs with all of them (Groce et al., "Swarm Testing", ISSTA 2012).
 *
 * Scripts are forgotten only where no answer is late: a NOSCRIPT that comes after its timeout is heard by nobody, so the key
 * stays until TTL.
 */
import { seededRandom } from '../base/random.js';
import { scenarios, type NodeFault, type Scenario } from './scenario.js';

const maxNodes = 6;
const maxNodeFaults = 3;

export function swarmScenario(seed: number): Scenario {
  const { calm } = scenarios;
  const random = seededRandom(seed, 'swarm');
  const often = (chance: number): boolean => random() < chance;
  const upTo = (count: number): number => Math.floor(random() * count);
  const late = often(0.7);
  const slow = late && often(0.7);
  const nodeFault = (): NodeFault => ({
    node: upTo(maxNodes),
    kind: late && often(0.5) ? 'freeze' : 'kill',
    atMs: [0, 600],
    forMs: [5, 300],
  });
  return {
    ...calm,
    name: `swarm ${seed}`,
    nodes: 1 + upTo(maxNodes),
    workers: 1 + upTo(4),
    contenders: 1 + upTo(3),
    keys: 1 + upTo(2),
    durationMs: 800,
    ttlMs: often(0.5) ? 10_000 : 200,
    waitMs: [0, 20, 500][upTo(3)],
    holdMs: [0, often(0.3) ? 400 : 10],
    extendEveryMs: often(0.3) ? 40 : null,
    link: {
      delayMs: [0.1, often(0.3) ? 20 : 2],
      slow: { chance: slow ? 0.02 : 0, delayMs: [40, 600] },
      loseRequest: often(0.4) ? 0.01 : 0,
      loseReply: often(0.4) ? 0.01 : 0,
      reconnectMs: [often(0.2) ? 0.5 : 5, 50],
    },
    nodeFaults: Array.from({ length: upTo(maxNodeFaults + 1) }, nodeFault),
    flushScriptsEveryMs: !late && often(0.5) ? [5, 100] : null,
    pauses:
      late && often(0.5)
        ? { lengthMs: [5, 400], everyMs: often(0.5) ? [20, 500] : null, atSend: 0.03, atGrant: often(0.5) ? 0.05 : 0 }
        : null,
    crashAtGrant: often(0.1) ? 0.05 : 0,
  };
}
