/**
 * Options -> one frozen, JSON-safe plan. Pure: everything is decided and validated before a server starts, and every
 * problem is found before the first is told.
 */
import {
  planSchemaVersion,
  type Endpoint,
  type Holder,
  type KeyChoice,
  type OptionValue,
  type Persistence,
  type Plan,
  type ServersKind,
} from '../contract/index.js';
import type { Catalogue, RawOptions } from './catalogue.js';
import { parseField } from './parse-field.js';
import { Problems } from './problems.js';
import { ownSettings, resolveStrategies } from './resolve-strategies.js';
import { runOptions } from './run-options.js';

/** With `operations` and no duration, the window ends by time after this at the latest. */
const operationsCapMs = 600_000;

export function resolvePlan(raw: RawOptions, catalogue: Catalogue, external: readonly Endpoint[], seed: number): Plan {
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
  const workload = value<string>('workload');
  if (!catalogue.workloads.some((candidate) => candidate.name === workload)) {
    problems.unknown(
      '--workload',
      workload,
      'workload',
      catalogue.workloads.map((one) => one.name),
    );
  }
  const operations = given('operations') ? value<number>('operations') : null;
  const servers = external.length > 0 && !given('servers') ? 'external' : value<ServersKind>('servers');
  if (servers === 'external' && external.length === 0) problems.add('--redis', '', 'addresses, for --servers external');
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
  const plan: Plan = {
    schemaVersion: planSchemaVersion,
    seed: given('seed') ? value<number>('seed') : seed,
    strategies: resolveStrategies(raw, catalogue, problems, ttlMs, external.length),
    repeat: value<number>('repeat'),
    servers,
    image: value<string>('image'),
    persistence: value<Persistence>('persistence'),
    external: external.map(({ host, port, tls }) => ({ host, port, tls })),
    keyPrefix: value<string>('key-prefix'),
    workers: value<number>('workers'),
    contenders: value<number>('contenders'),
    keys: value<number>('keys'),
    keyChoice: value<KeyChoice>('key-choice'),
    workload,
    holder: value<Holder>('holder'),
    load,
    rateHz,
    durationMs: operations !== null && !given('duration') ? operationsCapMs : value<number>('duration'),
    warmupMs: value<number>('warmup'),
    operations,
    ttlMs,
    holdMs: value<number>('hold'),
    thinkMs: value<number>('think'),
    waitMs,
    extendEveryMs: given('extend-every') ? value<number>('extend-every') : null,
  };
  if (plan.keyPrefix === '')
    problems.add('--key-prefix', '', 'at least one character: the run deletes the keys that begin with it');
  if (plan.workers * plan.contenders > 65_535)
    problems.add('--contenders', String(plan.contenders), 'at most 65,535 contenders over all workers');
  problems.throwIfAny();
  return deepFreeze(plan);
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
