/** From parsed arguments to a plan: scenario under options, strategies from files, addresses with their secrets apart. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LockbenchError, type Addresses, type Plan } from '../contract/index.js';
import { loadPlugin, type Named } from '../base/plugins.js';
import { freshSeed } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { catalogueFor, openCatalogue } from '../plan/catalogue.js';
import { runOptions } from '../plan/run-options.js';
import { resolvePlan } from '../plan/resolve.js';
import type { RawOptions } from '../plan/catalogue.js';
import { parseStoredPlan, restorePlan } from '../plan/stored-plan.js';
import { parseEndpoints } from '../servers/external-url.js';
import { addressesOf, addressOptions } from '../servers/addresses.js';
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
  readonly addresses: Addresses<NodeEndpoint>;
  readonly warnings: readonly string[];
}

export async function choose(args: Args): Promise<Chosen> {
  const given = givenOptions(args);
  if (given['plan'] !== undefined) return chooseStored(given, given['plan']);
  const scenario =
    given['scenario'] === undefined ? {} : (await loadPlugin<Scenario>('scenario', given['scenario'])).options;
  const raw = { ...scenario, ...given };
  const { endpoints, warnings } = external(raw);
  const addresses = addressesOf(raw);
  const plan = resolvePlan(raw, await catalogueFor(raw), endpoints, freshSeed(), addresses);
  refuseIdleAddresses(plan, endpoints.length > 0, Object.keys(addresses));
  return { plan, endpoints, addresses, warnings };
}

/** Servers that were named and that nobody would use: the run would quietly be about others. */
function refuseIdleAddresses({ strategies }: Plan, redis: boolean, engines: readonly string[]): void {
  const used = strategies.map(({ engine }) => (engine === 'library' ? 'redis' : engine) as string);
  const idle = [...(redis ? ['redis'] : []), ...engines].filter((engine) => !used.includes(engine));
  if (idle.length === 0) return;
  const labels = strategies.map(({ label }) => label).join(', ');
  throw new LockbenchError(
    'BAD_ARGUMENT',
    `${idle.map((engine) => `--${engine}`).join(', ')}: nothing here runs on it (${labels})`,
    'Leave it out, or name a strategy that does; bench list has them all.',
  );
}

async function chooseStored(given: RawOptions, path: string): Promise<Chosen> {
  const beside = Object.keys(given).filter(
    (name) => !['plan', 'out', 'format', 'report', 'redis', 'redis-auth-file', ...addressOptions].includes(name),
  );
  if (beside.length > 0) {
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `--plan repeats a run as it was: ${beside.map((name) => `--${name}`).join(', ')} cannot change it`,
      'Leave them out, or give the options without --plan.',
    );
  }
  const stored = parseStoredPlan(readPlanFile(path));
  const plan = restorePlan(stored, await openCatalogue(stored.strategies.flatMap(({ file }) => file ?? [])));
  const { endpoints, warnings } = external(given);
  if (plan.external.length !== endpoints.length) {
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `the plan needs ${plan.external.length} external servers, and --redis names ${endpoints.length}`,
      'Addresses and passwords are not taken from a stored plan.',
    );
  }
  const addresses = addressesOf(given);
  if (!isDeepStrictEqual(counts(plan.addresses), counts(addresses)))
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `the plan needs external servers of ${inWords(plan.addresses)}, and given are ${inWords(addresses)}`,
      'Addresses and passwords are not taken from a stored plan.',
    );
  return { plan, endpoints, addresses, warnings };
}

function counts(addresses: Addresses): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(addresses).map(([engine, list]) => [engine, list.length]));
}

function inWords(addresses: Addresses): string {
  const words = Object.entries(counts(addresses)).map(([engine, count]) => `${engine} (${count})`);
  return words.length === 0 ? 'no other engine' : words.join(', ');
}

/** The options that were given, each once, as text. */
export function givenOptions(args: Args): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(runOptions)) {
    const value = args[name];
    if (typeof value === 'string') given[name] = value;
    else if (typeof value === 'boolean') given[name] = String(value);
    else if (!Array.isArray(value)) continue;
    else if (name === 'strategy') given[name] = value.join(',');
    else if (name === 'fault') given[name] = value.join(' ');
    else if (name === 'threshold' || name === 'report') given[name] = value.join('\n');
    else
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `--${name} is given ${value.length} times: ${value.join(', ')}`,
        'Give it once.',
      );
  }
  return given;
}

export function external(raw: RawOptions): { endpoints: readonly NodeEndpoint[]; warnings: readonly string[] } {
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

/** A run's folder will do. */
function readPlanFile(path: string): string {
  try {
    return readFileSync(statSync(path).isDirectory() ? join(path, 'plan.json') : path, 'utf8');
  } catch (cause) {
    throw new LockbenchError(
      'BAD_PLAN',
      `the plan cannot be read: ${(cause as Error).message}`,
      'Give the plan.json of a run.',
      { cause },
    );
  }
}
