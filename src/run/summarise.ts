/** From what the rounds of one contestant left behind to its result. Pure. */
import {
  latencyNames,
  type Harm,
  type Plan,
  type RepeatResult,
  type Resources,
  type RunResult,
  type StrategyPlan,
  type Verdict,
} from '../contract/index.js';
import { combineVerdicts } from '../check/judge.js';
import { violationsOf } from '../check/violations.js';
import { counterNames } from '../record/counters.js';
import type { Durability } from './durability.js';
import { mergeNodeFailures } from '../record/node-failures.js';
import { mergeHistograms, type Histograms, type Round } from '../record/round.js';
import { jainIndex, starvedCount } from '../stats/fairness.js';
import { summariseLatency } from '../stats/latency.js';
import { median } from '../stats/median.js';
import { judgeThreshold, thresholdsFor } from '../stats/thresholds.js';

export interface JudgedRound {
  readonly round: Round;
  readonly histograms: Histograms;
  readonly verdicts: readonly Verdict[];
  /** How often the workload suffered. */
  readonly harm: number;
}

export function summarise(
  plan: Plan,
  strategy: StrategyPlan,
  rounds: readonly JudgedRound[],
  detectionPower: RunResult['detectionPower'],
  { persistence, durability }: Durability,
  harm: Harm | null,
): RunResult {
  const histograms = mergeHistograms(rounds.map(({ histograms: one }) => one));
  const counters = Object.fromEntries(
    counterNames.map((name) => [name, sum(rounds, ({ round }) => round.measured[name])]),
  ) as Round['measured'];
  const grantsOfAll = sum(rounds, ({ round }) => round.history.counters.grants);
  // A lost worker took its counts of commands with it, not its grants.
  const anyLost = rounds.some(({ round }) => round.history.lost.length > 0);
  const perGrant = (count: number): number | null =>
    grantsOfAll === 0 || anyLost || strategy.topology.kind === 'none' ? null : count / grantsOfAll;
  const latency = Object.fromEntries(latencyNames.map((name) => [name, summariseLatency(histograms[name])])) as Record<
    (typeof latencyNames)[number],
    ReturnType<typeof summariseLatency>
  >;
  const { wait, ...latencyUs } = latency;
  const repeats = rounds.map(repeatResult);
  const durationMs = sum(rounds, windowMs);
  const shown = rounds.find((_, at) => repeats[at].violations > 0) ?? rounds[0];
  const result: RunResult = {
    strategy: strategy.label,
    options: strategy.options,
    engine: strategy.engine,
    client: strategy.client,
    clientOptions: rounds[0]?.round.clientOptions ?? {},
    topology: strategy.topology,
    retry: strategy.retry,
    nodes: strategy.topology.kind === 'none' ? 0 : strategy.topology.nodes + strategy.topology.replicas,
    persistence,
    durability,
    isolate: plan.isolate,
    holder: plan.holder,
    workers: plan.workers,
    contenders: plan.workers * plan.contenders,
    keys: plan.keys,
    keyChoice: plan.keyChoice,
    load: {
      shape: plan.load,
      targetHz: plan.rateHz,
      achievedHz: plan.rateHz === null ? null : (sum(rounds, ({ round }) => round.startedInWindow) * 1000) / durationMs,
    },
    workload: plan.workload,
    resource: plan.resource,
    fencing: plan.fencing,
    latencyMs: plan.latencyMs,
    ttlMs: plan.ttlMs,
    holdMs: plan.holdMs,
    thinkMs: plan.thinkMs,
    waitMs: plan.waitMs,
    durationMs,
    attempts: counters.attempts,
    tries: counters.tries,
    grants: counters.grants,
    grantsInWindow: sum(rounds, ({ round }) => round.grantsInWindow),
    refused: { busy: counters.busy, tooLate: counters.tooLate, unreachable: counters.unreachable },
    cancelled: counters.cancelled,
    unknown: counters.unknown,
    errors: sumErrors(rounds),
    nodeFailures: mergeNodeFailures(rounds.map(({ round }) => round.nodeFailures)),
    claims: strategy.claims,
    unreachable: [...new Set(rounds.flatMap(({ round }) => round.history.unreachable))],
    throughputHz: medianOr0(repeats.map((repeat) => repeat.throughputHz)),
    handoffHz: medianOr0(rounds.map((one) => (one.round.handoffs * 1000) / windowMs(one))),
    commandsPerGrant: perGrant(sum(rounds, ({ round }) => round.commands)),
    roundTripsPerGrant: perGrant(sum(rounds, ({ round }) => round.roundTrips)),
    fairness: fairness(rounds),
    waitUs: wait,
    latencyUs,
    backlog: {
      peak: Math.max(0, ...rounds.map(({ round }) => round.backlog.peak)),
      dropped: sum(rounds, ({ round }) => round.backlog.dropped),
    },
    resources: combineResources(rounds.map(({ round }) => round.resources)),
    verdicts: combineVerdicts(rounds.map(({ verdicts }) => verdicts)),
    detectionPower,
    faults: rounds.flatMap(({ round }) => round.history.faults),
    trials: plan.trials
      ? { count: rounds.length, violated: repeats.filter(({ violations }) => violations > 0).length }
      : null,
    harm:
      harm === null
        ? null
        : harmOf(
            harm,
            sum(rounds, (one) => one.harm),
          ),
    orphans: {
      count: sum(rounds, ({ round }) => round.orphans.count),
      longestMs: Math.max(0, ...rounds.map(({ round }) => round.orphans.longestMs)),
    },
    unheld: mostUnheld(rounds),
    incidents: rounds.flatMap(({ round }) =>
      round.incidents.map((text) => (rounds.length > 1 ? `round ${round.round}: ${text}` : text)),
    ),
    series: shown?.round.series ?? [],
    seriesRound: shown?.round.round ?? 1,
    repeats,
    thresholds: [],
  };
  return {
    ...result,
    thresholds: thresholdsFor(plan, strategy).map((threshold) => judgeThreshold(threshold, result)),
  };
}

function mostUnheld(rounds: readonly JudgedRound[]): RunResult['unheld'] {
  return rounds.map(({ round }) => round.unheld).reduce((a, b) => ((b?.ms ?? 0) > (a?.ms ?? 0) ? b : a), null);
}

function harmOf({ one, many, costOnly }: Harm, count: number): RunResult['harm'] {
  return { words: count === 1 ? one : many, count, costOnly };
}

function repeatResult(one: JudgedRound): RepeatResult {
  return {
    round: one.round.round,
    throughputHz: (one.round.grantsInWindow * 1000) / windowMs(one),
    handoffHz: (one.round.handoffs * 1000) / windowMs(one),
    waitUs: summariseLatency(one.histograms.wait),
    acquireUs: summariseLatency(one.histograms.acquire),
    violations: violationsOf(one),
  };
}

/** Of each round by itself: adding up rounds would even out who starved in which. */
function fairness(rounds: readonly JudgedRound[]): RunResult['fairness'] {
  const indices = rounds.flatMap(({ round }) => jainIndex(round.grantsOf) ?? []);
  return {
    jain: indices.length > 0 ? median(indices) : null,
    starved: Math.max(0, ...rounds.map(({ round }) => starvedCount(round.grantsOf))),
  };
}

function combineResources(rounds: readonly Resources[]): Resources {
  const mid = (field: Exclude<keyof Resources, 'limitedBy'>): number | null => {
    const known = rounds.flatMap((one) => one[field] ?? []);
    return known.length > 0 ? median(known) : null;
  };
  const order = ['generator', 'server', 'machine', 'lock', 'unknown'] as const;
  return {
    limitedBy: order.find((candidate) => rounds.some((one) => one.limitedBy === candidate)) ?? 'unknown',
    generatorUsPerCycle: mid('generatorUsPerCycle'),
    serverUsPerCycle: mid('serverUsPerCycle'),
    machineBusyRatio: mid('machineBusyRatio'),
    runQueueWaitRatio: mid('runQueueWaitRatio'),
    eventLoopUtilisation: mid('eventLoopUtilisation'),
    eventLoopDelayUsP99: mid('eventLoopDelayUsP99'),
    pacerCpuRatio: mid('pacerCpuRatio'),
  };
}

function sumErrors(rounds: readonly JudgedRound[]): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const { round } of rounds)
    for (const [code, count] of Object.entries(round.errors)) errors[code] = (errors[code] ?? 0) + count;
  return errors;
}

function windowMs({ round }: JudgedRound): number {
  return Math.max(1e-3, (round.history.windowNs[1] - round.history.windowNs[0]) / 1e6);
}

function sum(rounds: readonly JudgedRound[], of: (one: JudgedRound) => number): number {
  return rounds.reduce((total, one) => total + of(one), 0);
}

function medianOr0(values: readonly number[]): number {
  return values.length > 0 ? median(values) : 0;
}
