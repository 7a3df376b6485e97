/**
 * One generation: a pair of fresh processes on the same servers, warmed up, then slices by turns in an order drawn for each pair
 * of them. The sides never run at once: on few cores they would measure each other.
 */
import { cpuPressure, machineTimes } from '../base/thread-times.js';
import type { Random } from '../base/random.js';
import type { Generation, MachineNoise, SlicePair } from './measured.js';
import { sides, type Design, type Side } from './plan.js';
import type { SideSpec, SideTotals, SliceOrder } from './protocol.js';
import { SideProcess } from './side.js';

export interface GenerationSpec {
  readonly design: Design;
  readonly sides: Readonly<Record<Side, SideSpec>>;
  readonly random: Random;
  readonly signal: AbortSignal;
  onPair(pair: SlicePair): void;
  onClientOptions(side: Side, options: Readonly<Record<string, unknown>>): void;
}

export async function runGeneration(spec: GenerationSpec): Promise<Generation> {
  const { design, random, signal } = spec;
  const watch = watchMachine();
  const pair: Readonly<Record<Side, SideProcess>> = {
    baseline: new SideProcess('baseline'),
    candidate: new SideProcess('candidate'),
  };
  try {
    await Promise.all(sides.map(async (side) => spec.onClientOptions(side, await pair[side].open(spec.sides[side]))));
    const order: SliceOrder = { ...design, kept: true };
    const warmup: SliceOrder = { sliceMs: design.warmupMs, discardMs: 0, kept: false };
    for (const side of shuffledSides(random)) await pair[side].run(warmup);
    const pairs: SlicePair[] = [];
    while (pairs.length < design.slices && !signal.aborted) {
      const [first, second] = shuffledSides(random);
      const figures = { [first]: await pair[first].run(order), [second]: await pair[second].run(order) };
      pairs.push({ first, ...(figures as Record<Side, SlicePair[Side]>) });
      spec.onPair(pairs[pairs.length - 1]);
    }
    const totals: Record<Side, SideTotals> = {
      baseline: await pair.baseline.totals(),
      candidate: await pair.candidate.totals(),
    };
    return { pairs, totals: signal.aborted ? null : totals, machine: watch() };
  } finally {
    await Promise.all(sides.map((side) => pair[side].kill()));
  }
}

function shuffledSides(random: Random): readonly [Side, Side] {
  return random() < 0.5 ? ['baseline', 'candidate'] : ['candidate', 'baseline'];
}

function watchMachine(): () => MachineNoise {
  const before = machineTimes();
  return () => {
    const now = machineTimes();
    const known = before !== null && now !== null && now.total > before.total;
    return {
      stealRatio: known ? (now.steal - before.steal) / (now.total - before.total) : null,
      pressureRatio: cpuPressure(),
    };
  };
}
