/** From parsed arguments to a plan: scenario under options, strategies from files, addresses with their secrets apart. */
import { readFileSync } from 'node:fs';
import { LockbenchError, type LockStrategy, type Plan } from '../contract/index.js';
import { loadPlugin, type Named } from '../base/plugins.js';
import { freshSeed } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { openCatalogue } from '../plan/catalogue.js';
import { runOptions } from '../plan/run-options.js';
import { resolvePlan, type RawOptions } from '../plan/resolve.js';
import { readStoredPlan } from '../plan/stored-plan.js';
import { isPath, parseStrategies } from '../plan/strategy-text.js';
import { parseEndpoints } from '../servers/external-url.js';
import { readRedisAuth } from '../servers/redis-auth.js';
import type { Args } from './args.js';

/** A named plan: options as one would type them, and why. */
export interface Scenario extends Named {
  readonly help: string;
  readonly options: RawOptions;
}

export interface Chosen {
  readonly plan: Plan;
  readonly endpoints: readonly NodeEndpoint[];
  readonly warnings: readonly string[];
}

export async function choose(args: Args): Promise<Chosen> {
  const given = givenOptions(args);
  const scenario = given.scenario === undefined ? {} : (await loadPlugin<Scenario>('scenario', given.scenario)).options;
  const raw = { ...scenario, ...given };
  const { endpoints, warnings } = external(raw);
  const stored = given.plan === undefined ? null : readPlanFile(given.plan);
  const catalogue = await openCatalogue(pathsIn(raw.strategy ?? (runOptions.strategy.default as string), stored));
  if (stored === null) return { plan: resolvePlan(raw, catalogue, endpoints, freshSeed()), endpoints, warnings };
  const beside = Object.keys(given).filter(
    (name) => !['plan', 'out', 'format', 'redis', 'redis-auth-file'].includes(name),
  );
  if (beside.length > 0) {
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `--plan repeats a run as it was: ${beside.map((name) => `--${name}`).join(', ')} cannot change it`,
      'Leave them out, or give the options without --plan.',
    );
  }
  const example = resolvePlan({}, catalogue, [], 0);
  const find = (name: string, file: string | null): LockStrategy | undefined =>
    file === null ? catalogue.strategies.find((one) => one.name === name) : catalogue.files.get(file)?.strategy;
  const plan = readStoredPlan(stored, example, find);
  if (plan.external.length !== endpoints.length) {
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `the plan needs ${plan.external.length} external servers`,
      'Name them with --redis: addresses and passwords are not taken from a stored plan.',
    );
  }
  return { plan, endpoints, warnings };
}

/** The options that were given, each once, as text. */
function givenOptions(args: Args): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(runOptions)) {
    const value = args[name];
    if (typeof value === 'string') given[name] = value;
    else if (!Array.isArray(value)) continue;
    else if (name === 'strategy') given[name] = value.join(',');
    else
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `--${name} is given ${value.length} times: ${value.join(', ')}`,
        'Give it once.',
      );
  }
  return given;
}

function external(raw: RawOptions): { endpoints: readonly NodeEndpoint[]; warnings: readonly string[] } {
  if (raw.redis === undefined || raw.redis === '') return { endpoints: [], warnings: [] };
  const { auth, warnings } = readRedisAuth(raw['redis-auth-file'] ?? null, process.env);
  const parsed = parseEndpoints(raw.redis, auth);
  if ('endpoints' in parsed) return { endpoints: parsed.endpoints, warnings };
  throw new LockbenchError(
    'BAD_ARGUMENT',
    parsed.problems.join('\n'),
    'Such as: --redis localhost:7001,localhost:7002,localhost:7003',
  );
}

function pathsIn(strategyText: string, storedPlan: string | null): string[] {
  if (storedPlan !== null) return filesOf(storedPlan);
  return parseStrategies(strategyText)
    .map(({ name }) => name)
    .filter(isPath);
}

function filesOf(storedPlan: string): string[] {
  try {
    const { strategies } = JSON.parse(storedPlan) as Plan;
    return strategies.flatMap(({ file }) => file ?? []);
  } catch {
    return [];
  }
}

function readPlanFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LockbenchError(
      'BAD_PLAN',
      `the plan cannot be read: ${(cause as Error).message}`,
      'Give the plan.json of a run.',
      { cause },
    );
  }
}
