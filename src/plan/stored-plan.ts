/**
 * A plan read back from a run's plan.json. It is turned into options again and resolved like those of a command line, so
 * nothing passes that would not pass there; what comes out must be what was stored.
 */
import { isDeepStrictEqual } from 'node:util';
import { LockbenchError, planSchemaVersion, type Plan, type StrategyPlan } from '../contract/index.js';
import { Problems } from './problems.js';
import { deepFreeze, resolvePlan } from './resolve.js';
import { resolveThresholds } from './resolve-thresholds.js';
import { runOptions } from './run-options.js';
import type { Catalogue, RawOptions } from './catalogue.js';

const hint = 'Give the plan.json of a run that this version wrote, unchanged.';

export function parseStoredPlan(text: string): Plan {
  let plan: Plan | null;
  try {
    plan = JSON.parse(text) as Plan | null;
  } catch (cause) {
    throw new LockbenchError('BAD_PLAN', `the plan is no JSON: ${(cause as Error).message}`, hint, { cause });
  }
  if (plan?.schemaVersion !== planSchemaVersion) {
    const version = JSON.stringify(plan?.schemaVersion ?? null);
    throw new LockbenchError(
      'BAD_PLAN',
      `the plan has schema version ${version}, this program reads ${planSchemaVersion}`,
      hint,
    );
  }
  const { strategies } = plan;
  if (Array.isArray(strategies) && strategies.length > 0 && strategies.every((one) => typeof one?.name === 'string'))
    // What came later: a plan without it means none, Redis, or the default.
    return {
      ...plan,
      strategies: strategies.map((one) => ({ ...one, engine: one.engine ?? 'redis' })),
      addresses: plan.addresses ?? {},
      maxExtensions: plan.maxExtensions ?? runOptions['max-extensions'].default,
      thresholds: plan.thresholds ?? [],
      abortOnFail: plan.abortOnFail ?? false,
    };
  throw new LockbenchError('BAD_PLAN', 'the plan names no strategies', hint);
}

/** Claims are judged again; labels, and the thresholds that name them, are kept as they were. Throws when the plan is not whole, or not possible. */
export function restorePlan(stored: Plan, catalogue: Catalogue): Plan {
  let resolved: Plan;
  let thresholds: Plan['thresholds'];
  try {
    resolved = resolvePlan(optionsOf(stored), catalogue, stored.external, stored.seed, stored.addresses);
    thresholds = thresholdsOf(stored);
  } catch (error) {
    if (error instanceof LockbenchError && error.code !== 'BAD_ARGUMENT') throw error;
    throw new LockbenchError('BAD_PLAN', `the plan is not possible:\n${(error as Error).message}`, hint);
  }
  const strategies = resolved.strategies.map((one, i) => ({ ...one, label: stored.strategies[i].label }));
  const plan = { ...resolved, strategies, thresholds, abortOnFail: stored.abortOnFail };
  const wrong = differences(withoutClaims(stored), withoutClaims(plan));
  if (wrong.length > 0) throw new LockbenchError('BAD_PLAN', `the plan is not whole: ${wrong.join('; ')}`, hint);
  return deepFreeze(plan);
}

function optionsOf(plan: Plan): RawOptions {
  const ms = (value: number): string => `${value}ms`;
  const external = plan.servers === 'external';
  return {
    strategy: plan.strategies.map(strategyText).join(','),
    seed: String(plan.seed),
    ...(plan.trials ? { trials: String(plan.repeat) } : { repeat: String(plan.repeat) }),
    isolate: plan.isolate,
    servers: plan.servers,
    image: plan.image,
    ...(external ? {} : { persistence: plan.persistence }),
    'key-prefix': plan.keyPrefix,
    workers: String(plan.workers),
    contenders: String(plan.contenders),
    keys: String(plan.keys),
    'key-choice': plan.keyChoice,
    workload: plan.workload,
    ...(plan.resource === 'none' ? {} : { resource: plan.resource, fencing: plan.fencing }),
    holder: plan.holder,
    load: plan.load,
    ...(plan.rateHz === null ? {} : { rate: String(plan.rateHz) }),
    duration: ms(plan.durationMs),
    warmup: ms(plan.warmupMs),
    ...(plan.operations === null ? {} : { operations: String(plan.operations) }),
    ttl: ms(plan.ttlMs),
    hold: ms(plan.holdMs),
    think: ms(plan.thinkMs),
    wait: ms(plan.waitMs),
    ...(plan.extendEveryMs === null
      ? {}
      : { 'extend-every': ms(plan.extendEveryMs), 'max-extensions': String(plan.maxExtensions) }),
    ...(plan.latencyMs?.length > 0 ? { latency: plan.latencyMs.map(ms).join(',') } : {}),
    ...(plan.faults?.length > 0 ? { fault: plan.faults.map(({ text }) => text).join(' ') } : {}),
  };
}

function thresholdsOf(stored: Plan): Plan['thresholds'] {
  const problems = new Problems();
  const thresholds = resolveThresholds(stored.thresholds.map(({ text }) => text).join('\n'), stored, problems);
  problems.throwIfAny();
  return thresholds;
}

/** Every setting spelt out. */
function strategyText({ name, file, options, client, topology, retry }: StrategyPlan): string {
  const times = retry?.kind === 'fixed' ? `${retry.minMs}ms` : `${retry?.minMs}ms-${retry?.maxMs}ms`;
  const settings = [
    ...Object.entries(options ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(client === null ? [] : [`client=${client}`]),
    ...(topology?.kind === 'quorum' || topology?.kind === 'cluster' ? [`nodes=${topology.nodes}`] : []),
    ...(topology?.replicas > 0 ? [`replicas=${topology.replicas}`] : []),
    `retry=${retry?.kind}:${times}`,
    ...(retry?.limit == null ? [] : [`retries=${retry.limit}`]),
  ];
  return `${file ?? name}@${settings.join(',')}`;
}

function withoutClaims(plan: Plan): Record<string, unknown> {
  return { ...plan, strategies: plan.strategies.map((one) => ({ ...one, claims: null })) };
}

function differences(given: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, unknown>>): string[] {
  const keys = [...new Set([...Object.keys(given), ...Object.keys(expected)])];
  return keys
    .filter((key) => !isDeepStrictEqual(given[key], expected[key]))
    .map((key) =>
      key in given
        ? `${key} is ${JSON.stringify(given[key])}, which is not what its options mean`
        : `${key} is missing`,
    );
}
