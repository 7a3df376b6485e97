/**
 * What the checks could see at all: the same plan without a lock, for a moment. A clean verdict means little where even no
 * lock would have looked clean.
 */
import type { GrantHistory, LockStrategy, Plan, RunResult, StrategyPlan } from '../contract/index.js';
import { loadPlugin } from '../base/plugins.js';
import { OverlapSweep } from '../check/overlaps.js';
import type { BenchmarkParts } from './benchmark.js';
import { dismiss, enlist } from './enlist.js';
import { noServers } from './no-servers.js';
import { silent } from './observer.js';
import type { RoundSpec } from './round-spec.js';
import { runRound } from './run-round.js';

/** So that some tens of sections may overlap, whatever the pace. */
const leastMs = 300;
const mostMs = 2000;
/** Fewer grants than this tell nothing. */
const leastGrants = 20;

function controlMs({ thinkMs, holdMs, rateHz }: Plan): number {
  const cycleMs = rateHz === null ? thinkMs + holdMs : (1000 * leastGrants) / rateHz;
  return Math.min(mostMs, Math.max(leastMs, 5 * cycleMs));
}

/** Null when the plan runs `none` itself, or goes so slowly that a moment of it tells nothing. */
export async function detectionPower(parts: BenchmarkParts): Promise<RunResult['detectionPower']> {
  const [first] = parts.plan.strategies;
  if (parts.plan.strategies.every((strategy) => strategy.name === 'none')) return null;
  const none = await loadPlugin<LockStrategy>('strategy', 'none');
  const topology = { kind: 'none', nodes: 0, replicas: 0 } as const;
  const judgement = none.judge({}, topology);
  if ('refused' in judgement) return null;
  // It sends nothing, so the client that is loaded soonest will do.
  const strategy: StrategyPlan = {
    ...first,
    label: 'none',
    name: 'none',
    file: null,
    options: {},
    engine: none.engine,
    client: 'pipelined',
    topology,
    claims: judgement.claims,
  };
  const spec: RoundSpec = {
    ...parts,
    plan: {
      ...parts.plan,
      warmupMs: 0,
      durationMs: controlMs(parts.plan),
      operations: null,
      faults: [],
      latencyMs: [],
    },
    strategy,
    round: 0,
    historyFolder: parts.store.historyFolder('control'),
    servers: noServers,
    recruits: enlist(parts.plan, strategy),
    observer: silent,
    hopeless: () => false,
  };
  const rows = await rowsOf(spec);
  if (rows.count < leastGrants) return null;
  const sweep = new OverlapSweep(rows.keys);
  for (const block of rows.blocks()) sweep.rows(block);
  return { grants: rows.count, violationsPer1000: (1000 * sweep.brokenLeases) / rows.count };
}

async function rowsOf(spec: RoundSpec): Promise<GrantHistory> {
  try {
    return (await runRound(spec)).history.rows;
  } finally {
    await dismiss(spec.recruits);
  }
}
