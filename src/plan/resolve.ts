/**
 * Options -> one frozen, JSON-safe plan. Pure: everything is decided and validated before a server starts, and every
 * problem is found before the first is told.
 */
import {
  planSchemaVersion,
  type Addresses,
  type Endpoint,
  type Fencing,
  type Holder,
  type Isolate,
  type KeyChoice,
  type OptionValue,
  type Persistence,
  type Plan,
  type ServersKind,
} from '../contract/index.js';
import { formatSettingMs, parseDurationMs } from '../base/units.js';
import { everyMsFor, leastEveryMs } from '../kit/keep-alive.js';
import type { Catalogue, RawOptions } from './catalogue.js';
import { parseField } from './parse-field.js';
import { Problems } from './problems.js';
import { checkFaults, resolveFaults, type ChosenFault } from './resolve-faults.js';
import { resolveResource } from './resolve-resource.js';
import { ownSettings, resolveStrategies } from './resolve-strategies.js';
import { resolveThresholds } from './resolve-thresholds.js';
import { runOptions } from './run-options.js';
import { splitThresholds } from './threshold-text.js';

/** With `operations` and no duration, the window ends by time after this at the latest. */
const operationsCapMs = 600_000;
/** After the last fault, beside two leases. */
const settlingMs = 1000;
const longestLatencyMs = 10_000;

/** `external` are addresses of Redis, `addresses` those of other engines. */
export function resolvePlan(
  raw: RawOptions,
  catalogue: Catalogue,
  external: readonly Endpoint[],
  seed: number,
  addresses: Addresses = {},
): Plan {
  const problems = new Problems();
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(runOptions, name)) problems.unknown(`--${name}`, name, 'option', Object.keys(runOptions));
  }
  for (const name of ownSettings) readOption(name, raw, problems);
  const value = <T extends OptionValue>(name: string): T => readOption(name, raw, problems) as T;
  const given = (name: string): boolean => raw[name] !== undefined;

  const load = given('rate') && !given('load') ? 'rate' : value<string>('load');
  const shape = catalogue.shapes.find((candidate) => candidate.name === load);
  if (shape === undefined)
    problems.unknown(
      '--load',
      load,
      'load shape',
      catalogue.shapes.map((one) => one.name),
    );
  const rateHz = given('rate') ? value<number>('rate') : null;
  if (shape?.open === true && rateHz === null) problems.add('--rate', '', `arrivals per second, for --load ${load}`);
  if (shape?.open === false && rateHz !== null)
    problems.add('--rate', raw.rate, `--load rate (with --load ${load} there is no rate)`);
  const workloadName = value<string>('workload');
  const workload = catalogue.workloads.find((candidate) => candidate.name === workloadName);
  if (workload === undefined) {
    problems.unknown(
      '--workload',
      workloadName,
      'workload',
      catalogue.workloads.map((one) => one.name),
    );
  }
  const isolateAsked = given('isolate') ? value<Isolate>('isolate') : null;
  const faults = resolveFaults(raw.fault ?? '', catalogue, problems);
  const forked = faults.find(({ fault }) => fault.needs.isolate === 'process');
  if (isolateAsked === 'thread' && forked !== undefined)
    problems.refuse('--isolate', 'thread', `${forked.plan.name} kills a worker, which must be a process`);
  const isolate = isolateAsked ?? (forked === undefined ? 'thread' : 'process');
  const operations = given('operations') ? value<number>('operations') : null;
  const servers = external.length > 0 && !given('servers') ? 'external' : value<ServersKind>('servers');
  const foreign = external.length > 0 || Object.keys(addresses).length > 0;
  if (servers === 'external' && !foreign) problems.add('--redis', '', 'addresses, for --servers external');
  if (servers === 'external' && given('persistence'))
    problems.refuse(
      '--persistence',
      raw.persistence,
      'external servers keep their own; the report tells what they say',
    );
  if (servers !== 'external' && external.length > 0)
    problems.add('--servers', servers, 'external, when --redis is given');
  const ttlMs = value<number>('ttl');
  const waitMs = value<number>('wait');
  const strategies = resolveStrategies(raw, catalogue, problems, ttlMs, { external, addresses });
  const most = Math.max(0, ...strategies.map(({ topology }) => topology.nodes + topology.replicas));
  const latencyMs = resolveLatency(raw.latency ?? '', most, problems);
  const persistence = value<Persistence>('persistence');
  const workers = value<number>('workers');
  checkFaults(faults, strategies, { servers, persistence, workers }, problems);
  const wanted = {
    path: given('resource') ? value<'memory' | 'server'>('resource') : null,
    fencing: value<Fencing>('fencing'),
  };
  const resource =
    workload === undefined
      ? 'none'
      : resolveResource(workload, strategies, wanted, isolate, faults.length > 0, problems);
  for (const {
    fault,
    plan: { text },
  } of faults) {
    if (fault.needs.resource === true && resource !== 'server')
      problems.refuse('--fault', text, 'it needs something that is written to; add --workload counter');
  }
  if (given('trials') && given('repeat')) problems.add('--trials', raw.trials, 'either --trials or --repeat');
  const durationMs = given('duration')
    ? value<number>('duration')
    : defaultDurationMs(faults, ttlMs, given('trials'), operations !== null);
  for (const {
    plan: { text, startMs },
  } of faults) {
    if (startMs >= durationMs)
      problems.add('--fault', text, `a start before the end of the measured time, ${formatSettingMs(durationMs)}`);
  }
  const extendEveryMs = resolveExtensions(raw, ttlMs, value, problems);
  const measured = { strategies, trials: given('trials'), rateHz, extendEveryMs };
  const thresholds = resolveThresholds(raw.threshold ?? '', measured, problems);
  const abortOnFail = value<boolean>('abort-on-fail');
  if (abortOnFail && splitThresholds(raw.threshold ?? '').length === 0)
    problems.refuse('--abort-on-fail', 'true', 'it needs a --threshold that can fail');
  const plan: Plan = {
    schemaVersion: planSchemaVersion,
    seed: given('seed') ? value<number>('seed') : seed,
    strategies,
    repeat: given('trials') ? value<number>('trials') : value<number>('repeat'),
    trials: given('trials'),
    servers,
    image: value<string>('image'),
    persistence,
    external: external.map(bare),
    addresses: Object.fromEntries(Object.entries(addresses).map(([engine, list]) => [engine, list.map(bare)])),
    keyPrefix: value<string>('key-prefix'),
    isolate,
    workers,
    contenders: value<number>('contenders'),
    keys: value<number>('keys'),
    keyChoice: value<KeyChoice>('key-choice'),
    workload: workloadName,
    resource,
    fencing: wanted.fencing,
    holder: value<Holder>('holder'),
    load,
    rateHz,
    durationMs,
    warmupMs: value<number>('warmup'),
    operations,
    ttlMs,
    holdMs: value<number>('hold'),
    thinkMs: value<number>('think'),
    waitMs,
    extendEveryMs,
    maxExtensions: value<number>('max-extensions'),
    latencyMs,
    faults: faults.map((one) => one.plan),
    thresholds,
    abortOnFail,
  };
  if (plan.keyPrefix === '')
    problems.add('--key-prefix', '', 'at least one character: the run deletes the keys that begin with it');
  if (plan.workers * plan.contenders > 65_535)
    problems.add('--contenders', String(plan.contenders), 'at most 65,535 contenders over all workers');
  problems.throwIfAny();
  return deepFreeze(plan);
}

/** Without what is secret. */
function bare({ host, port, tls }: Endpoint): Endpoint {
  return { host, port, tls };
}

/** Under faults a run goes on for as long as a lease needs to run out twice; trials are no longer than that. */
function defaultDurationMs(faults: readonly ChosenFault[], ttlMs: number, trials: boolean, counted: boolean): number {
  if (counted) return operationsCapMs;
  const usualMs = runOptions.duration.default as number;
  if (faults.length === 0) return usualMs;
  const struckMs = Math.max(...faults.map(({ plan }) => plan.startMs + (plan.durationMs ?? 0)));
  const neededMs = struckMs + 2 * ttlMs + settlingMs;
  return trials ? neededMs : Math.max(usualMs, neededMs);
}

/** Every so often, or as often as the TTL asks for; null: never. */
function resolveExtensions(
  raw: RawOptions,
  ttlMs: number,
  value: <T extends OptionValue>(name: string) => T,
  problems: Problems,
): number | null {
  const auto = value<boolean>('auto-extend');
  if (raw['extend-every'] !== undefined) {
    if (auto) problems.refuse('--auto-extend', 'true', 'either --auto-extend or --extend-every');
    return value<number>('extend-every');
  }
  if (raw['max-extensions'] !== undefined && !auto)
    problems.refuse('--max-extensions', raw['max-extensions'], 'it needs --auto-extend or --extend-every');
  if (!auto) return null;
  if (ttlMs <= leastEveryMs)
    problems.add('--ttl', formatSettingMs(ttlMs), `more than ${leastEveryMs}ms: --auto-extend extends no more often`);
  return everyMsFor(ttlMs);
}

function resolveLatency(text: string, servers: number, problems: Problems): number[] {
  if (text === '') return [];
  const values = text.split(',').map((one) => parseDurationMs(one));
  if (values.length > servers && servers > 0)
    problems.add('--latency', text, `at most ${servers} durations, for there are as many servers`);
  else if (values.every((ms) => ms !== null && ms <= longestLatencyMs)) return values as number[];
  else {
    problems.add(
      '--latency',
      text,
      `durations up to ${formatSettingMs(longestLatencyMs)}, one for each server, such as 1ms,1ms,20ms,80ms`,
    );
  }
  return [];
}

function readOption(name: string, raw: RawOptions, problems: Problems): OptionValue {
  const field = runOptions[name];
  const text = raw[name];
  if (text === undefined) return field.default;
  if (field.kind === 'text') return text;
  const parsed = parseField(field, text);
  if ('value' in parsed) return parsed.value;
  problems.add(`--${name}`, text, parsed.expected);
  return field.default;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
