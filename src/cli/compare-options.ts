/** From arguments to the plan of a comparison: two sides, each resolved as a contestant of a run would be. */
import {
  LockbenchError,
  type Addresses,
  type LockStrategy,
  type OptionField,
  type OptionValue,
  type Plan,
} from '../contract/index.js';
import { freshSeed } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { ComparePlan, SidePlan } from '../compare/plan.js';
import type { Revisions } from '../compare/revision.js';
import { openCatalogue, type Catalogue, type RawOptions } from '../plan/catalogue.js';
import { commandOptions, comparisonOptions } from '../plan/command-options.js';
import { parseField } from '../plan/parse-field.js';
import { clientsOf } from '../plan/resolve-client.js';
import { resolvePlan } from '../plan/resolve.js';
import { countedBy } from '../plan/resolve-strategies.js';
import { runOptions } from '../plan/run-options.js';
import { isPath, parseStrategies, type StrategyText } from '../plan/strategy-text.js';
import { addressesOf } from '../servers/addresses.js';
import type { Args } from './args.js';
import { external, givenOptions } from './options.js';

export interface Comparison {
  readonly plan: ComparePlan;
  readonly endpoints: readonly NodeEndpoint[];
  readonly addresses: Addresses<NodeEndpoint>;
  readonly warnings: readonly string[];
  readonly inconclusiveFails: boolean;
}

/**
 * The lock's own cost by default: nobody waits, nothing is held. A change of the lock then is the whole of what is measured;
 * under contention it would be a part of it, beside the luck of the retry delays.
 */
const defaults: RawOptions = { workers: '1', contenders: '4', hold: '0', think: '0' };

export async function chooseComparison(
  kind: 'compare' | 'calibrate',
  args: Args,
  revisions: Revisions,
  onPhase: (text: string) => void,
): Promise<Comparison> {
  const given = givenOptions(args);
  const taken = Object.keys(commandOptions[kind]);
  for (const name of Object.keys(given))
    if (!taken.includes(name))
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `${kind} does not take --${name}`,
        `It takes ${taken.map((one) => `--${one}`).join(', ')}.`,
      );
  const budgetMs = ownOption(args, 'budget') as number;
  const inconclusive = ownOption(args, 'inconclusive');
  const [baseline, candidate] = textsOf(kind, args, given);
  const { endpoints, warnings } = external(given);
  const addresses = addressesOf(given);
  const { strategy: _, ...raw } = { ...defaults, ...given };
  const seed = freshSeed();
  const resolving = { raw, revisions, endpoints, addresses, seed, onPhase, other: candidate };
  const named = kind === 'compare' ? (['--baseline', '--candidate'] as const) : (['--strategy', '--strategy'] as const);
  const first = await resolveSide(baseline, resolving).catch(callIt(named[0]));
  const second =
    candidate === baseline
      ? first
      : await resolveSide(candidate, { ...resolving, other: baseline, seed: first.plan.seed }).catch(callIt(named[1]));
  const { servers, image, persistence, keyPrefix, keyChoice, contenders, keys, ...plan } = first.plan;
  return {
    plan: {
      seed: plan.seed,
      baseline: first.side,
      candidate: second.side,
      servers,
      image,
      persistence,
      external: plan.external,
      addresses: plan.addresses,
      keyPrefix,
      contenders,
      keys: given['keys'] === undefined ? null : keys,
      keyChoice,
      ttlMs: plan.ttlMs,
      holdMs: plan.holdMs,
      thinkMs: plan.thinkMs,
      waitMs: plan.waitMs,
      budgetMs,
    },
    endpoints,
    addresses,
    warnings,
    inconclusiveFails: inconclusive === 'fail',
  };
}

/** A plan speaks of --strategy; here it is called by the name of its side. */
function callIt(option: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof LockbenchError)) throw error;
    const { code, message, hint } = error;
    throw new LockbenchError(code, message.replaceAll('--strategy', option), hint, { cause: error });
  };
}

/** Of those that only comparisons have. */
function ownOption(args: Args, name: 'budget' | 'inconclusive'): OptionValue {
  const field = comparisonOptions[name] as OptionField;
  const text = args[name];
  if (text === undefined) return field.default;
  const parsed = typeof text === 'string' ? parseField(field, text) : { expected: 'one value' };
  if ('value' in parsed) return parsed.value;
  throw new LockbenchError('BAD_ARGUMENT', `--${name}: got ${JSON.stringify(text)}, expected ${parsed.expected}`);
}

function textsOf(kind: 'compare' | 'calibrate', args: Args, given: RawOptions): readonly [string, string] {
  if (kind === 'calibrate') {
    const itself = given['strategy'] ?? String(runOptions['strategy'].default);
    return [itself, itself];
  }
  const texts = ['baseline', 'candidate'].map((name) => args[name]);
  if (texts.every((text) => typeof text === 'string')) return [texts[0] as string, texts[1] as string];
  throw new LockbenchError(
    'BAD_ARGUMENT',
    'compare needs --baseline and --candidate, each once',
    'Such as: bench compare --baseline redlock@git=main --candidate redlock',
  );
}

interface Resolving {
  readonly raw: RawOptions;
  readonly revisions: Revisions;
  readonly endpoints: readonly NodeEndpoint[];
  readonly addresses: Addresses<NodeEndpoint>;
  readonly seed: number;
  /** The other side, as it was written. */
  readonly other: string;
  onPhase(text: string): void;
}

async function resolveSide(text: string, resolving: Resolving): Promise<{ plan: Plan; side: SidePlan }> {
  const { raw, endpoints, addresses, seed } = resolving;
  const parsed = oneStrategy(text);
  const { written, commit } = await atRevision(text, parsed, resolving);
  const [{ name }] = parseStrategies(written);
  const catalogue = await openCatalogue(isPath(name) ? [name] : []);
  const plan = resolvePlan(
    { ...(await applicable(raw, name, catalogue, resolving.other)), strategy: written },
    catalogue,
    endpoints,
    seed,
    addresses,
  );
  const [strategy] = plan.strategies;
  return { plan, side: { ...strategy, label: labelOf(text, parsed, strategy.label), commit } };
}

function oneStrategy(text: string): StrategyText {
  const found = parseStrategies(text);
  if (found.length === 1) return found[0];
  throw new LockbenchError(
    'BAD_ARGUMENT',
    `a side is one strategy, and ${JSON.stringify(text)} names ${found.length}`,
    'Options follow with an equals sign each: redlock@quorum=all,client=node-redis',
  );
}

/** `redlock@git=main~3,quorum=all` becomes the file that the revision's build holds, with the other settings. */
async function atRevision(
  text: string,
  { name, settings }: StrategyText,
  { revisions, onPhase }: Resolving,
): Promise<{ readonly written: string; readonly commit: string | null }> {
  const revision = settings.find(([key]) => key === 'git')?.[1];
  if (revision === undefined) return { written: text, commit: null };
  if (isPath(name))
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `${text}: git= is for the strategies of this repository`,
      'Give the other version of a file as a file.',
    );
  onPhase(`building ${revision}`);
  const { file, commit } = await revisions.strategyFile(revision, name);
  const others = settings.filter(([key]) => key !== 'git').map(([key, value]) => `${key}=${value}`);
  return { written: others.length === 0 ? file : `${file}@${others.join(',')}`, commit };
}

/** --nodes, --replicas and --client are meant for the side that takes them; where neither does, the plan says so. */
async function applicable(raw: RawOptions, name: string, catalogue: Catalogue, other: string): Promise<RawOptions> {
  const [{ name: otherName }] = parseStrategies(other);
  const others = isPath(otherName) ? await openCatalogue([otherName]) : catalogue;
  const [mine, theirs] = [designOf(name, catalogue), designOf(otherName, others)];
  const takes: Readonly<Record<string, (design: LockStrategy) => boolean>> = {
    nodes: ({ topology }) => countedBy.nodes.includes(topology),
    replicas: ({ topology }) => countedBy.replicas.includes(topology),
    client: (design) => clientsOf(design).length > 0,
  };
  const meant = (takesIt: (design: LockStrategy) => boolean): boolean =>
    (mine !== null && takesIt(mine)) || theirs === null || !takesIt(theirs);
  return Object.fromEntries(Object.entries(raw).filter(([key]) => takes[key] === undefined || meant(takes[key])));
}

function designOf(name: string, { files, strategies }: Catalogue): LockStrategy | null {
  return files.get(name)?.strategy ?? strategies.find((one) => one.name === name) ?? null;
}

/** A path is long, and what is behind git= was replaced: as it was written, but for the folder. */
function labelOf(text: string, { name, settings }: StrategyText, resolved: string): string {
  return !isPath(name) && settings.some(([key]) => key === 'git') ? text : resolved;
}
