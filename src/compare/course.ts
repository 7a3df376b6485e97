/**
 * The course of a comparison on its servers: a short look at both sides, the generations, and once more when it is an alarm.
 */
import { LockbenchError } from '../contract/index.js';
import { nowMs } from '../base/clock.js';
import { seededRandom } from '../base/random.js';
import { formatSettingMs } from '../base/units.js';
import type { Observer } from '../run/observer.js';
import { alarmsOf } from './conclude.js';
import { countsOf, slicesOf } from './exact.js';
import { runGeneration } from './generation.js';
import { judge, type Floors } from './judge.js';
import type { Generation, SlicePair } from './measured.js';
import { noiseOf } from './noise.js';
import { confirmingDesign, designFor, designMs, longestEventMs, sides } from './plan.js';
import type { ComparePlan, Design, Side } from './plan.js';
import type { SideSpec } from './protocol.js';
import type { SharedServers } from './servers.js';

/** Finds broken designs, and how long a cycle takes. */
const look: Design = { generations: 1, slices: 1, sliceMs: 200, discardMs: 20, warmupMs: 200 };

/** What a course of this plan will be like at best; throws when the budget does not suffice. */
export function designOf(plan: ComparePlan, seenMs = 0): Design {
  const design = designFor(plan.budgetMs, Math.max(seenMs, longestEventMs(plan)));
  if (!('refused' in design)) return design;
  throw new LockbenchError(
    'BAD_PLAN',
    `--budget ${formatSettingMs(plan.budgetMs)} does not suffice: ${design.refused}`,
    'Give a larger --budget, or a shorter --hold or --think; where contenders share keys, a shorter --retry, such as full-jitter:1ms-5ms.',
  );
}

export interface CourseOptions {
  readonly floors: Floors;
  readonly calibrating: boolean;
  readonly observer: Observer;
  readonly signal: AbortSignal;
}

export class Course {
  readonly generations: Generation[] = [];
  readonly confirming: Generation[] = [];
  readonly clientOptions: Record<Side, Readonly<Record<string, unknown>>> = { baseline: {}, candidate: {} };
  design: Design = look;
  #grants = 0;
  #violations = 0;

  constructor(
    private readonly plan: ComparePlan,
    private readonly options: CourseOptions,
  ) {}

  async run(servers: SharedServers): Promise<void> {
    const { plan, options } = this;
    const { observer, signal } = options;
    observer.phase('looking at both sides');
    const seen: Generation[] = [];
    await this.#run(servers, 'look', look, seen);
    if (signal.aborted) return;
    refuseUngranted(seen);
    this.design = designOf(plan, longestCycleMs(seen, plan));
    if (this.design.slices === 1)
      observer.note('the budget allows one slice in each process only: whole processes are compared');
    await this.#run(servers, 'generation', this.design, this.generations);
    if (options.calibrating || signal.aborted || this.#violations > 0) return;
    if (alarmsOf(judge(this.generations, options.floors, plan.seed)).length === 0) return;
    if (noiseOf(this.generations, this.design).tooNoisy.length > 0) return;
    const again = confirmingDesign(this.design);
    observer.phase(`this looks like a regression: ${again.generations} generations more, to be sure of it`);
    await this.#run(servers, 'confirming', again, this.confirming);
  }

  async #run(servers: SharedServers, name: string, design: Design, into: Generation[]): Promise<void> {
    const { plan, options } = this;
    const sinceMs = nowMs();
    for (let number = 1; number <= design.generations && !options.signal.aborted; number += 1) {
      const stream = `${name} ${number}`;
      let slices = (number - 1) * design.slices;
      const generation = await runGeneration({
        design,
        sides: {
          baseline: this.#spec(servers, 'baseline', stream),
          candidate: this.#spec(servers, 'candidate', stream),
        },
        random: seededRandom(plan.seed, `order of ${stream}`),
        signal: options.signal,
        onPair: (pair) => {
          this.#grants += pair.baseline.grants + pair.candidate.grants;
          this.#violations += pair.candidate.violations;
          slices += 1;
          if (design !== look)
            this.#tick(`${stream} of ${design.generations}`, pair, design, slices, nowMs() - sinceMs);
        },
        onClientOptions: (side, clientOptions) => void (this.clientOptions[side] = clientOptions),
      });
      if (generation.pairs.length > 0) into.push(generation);
    }
  }

  #spec(servers: SharedServers, side: Side, stream: string): SideSpec {
    const { contenders, keys, keyChoice, ttlMs, holdMs, thinkMs, waitMs, seed, keyPrefix } = this.plan;
    return {
      strategy: this.plan[side],
      endpoints: servers.endpoints[side],
      keyPrefix: `${keyPrefix}${stream.replace(' ', '-')}:${side}:`,
      contenders,
      keys,
      keyChoice,
      ttlMs,
      holdMs,
      thinkMs,
      waitMs,
      seed,
      stream,
    };
  }

  #tick(label: string, { candidate }: SlicePair, design: Design, slices: number, elapsedMs: number): void {
    const total = design.generations * design.slices;
    // As it went until now, when there is enough to go by.
    const early = slices < design.slices;
    this.options.observer.tick({
      label,
      elapsedMs,
      totalMs: early ? Math.max(elapsedMs, designMs(design)) : (elapsedMs * total) / slices,
      grants: this.#grants,
      rateHz: (candidate.cycles * 1000) / candidate.windowMs,
      p99Us: null,
      violations: this.#violations,
    });
  }
}

/** One that answers and grants nothing has no cycle to compare. */
function refuseUngranted(seen: readonly Generation[]): void {
  for (const side of sides) {
    const { grants, refused, errors } = countsOf(slicesOf(seen, side), false);
    const codes = Object.entries(errors).map(([code, count]) => `${count} ${code}`);
    if (grants > 0 || (refused === 0 && codes.length === 0)) continue;
    throw new LockbenchError(
      'BAD_PLAN',
      `the ${side} was granted nothing in the first look at it: ${[...(refused > 0 ? [`${refused} refused`] : []), ...codes].join(', ')}`,
      'bench --strategy NAME shows what becomes of each attempt.',
    );
  }
}

/** What one contender takes for a cycle as a rule, hold and think included; of the slower side. */
function longestCycleMs(generations: readonly Generation[], { holdMs, thinkMs }: ComparePlan): number {
  const each = generations.flatMap(({ pairs }) => pairs.flatMap((pair) => sides.map((side) => pair[side])));
  // Nothing ended within it: then that is how long it takes at least.
  const typicalMs = each.map(({ cycleP50Us, windowMs }) => (cycleP50Us === null ? windowMs : cycleP50Us / 1000));
  return Math.max(0, ...typicalMs) + holdMs + thinkMs;
}
