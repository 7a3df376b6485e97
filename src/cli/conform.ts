/** `bench conform`: every behaviour that a lock promises, tried on real servers, and a verdict for each. */
import { LockbenchError, type ClientName, type DocumentReporter, type LockStrategy } from '../contract/index.js';
import { installedPackage } from '../base/packages.js';
import { listPlugins, loadPlugin, unknownName } from '../base/plugins.js';
import { openCatalogue } from '../plan/catalogue.js';
import { allClients, clientsOf } from '../plan/resolve-client.js';
import { resolvePlan } from '../plan/resolve.js';
import type { RawOptions } from '../plan/catalogue.js';
import { commandOptions } from '../plan/command-options.js';
import { runOptions } from '../plan/run-options.js';
import { isPath, parseStrategies } from '../plan/strategy-text.js';
import { conform } from '../conform/conform.js';
import { listCases, type Contestant } from '../conform/contestant.js';
import type { LabKind } from '../conform/lab.js';
import type { ConformDocument } from '../conform/results.js';
import type { ConformCase } from '../conform/types.js';
import type { Args } from './args.js';
import type { Progress } from './progress.js';
import { factsOf } from './conform-facts.js';
import { chooseReports, tellGithub, writeReports } from './reports.js';
import type { Prepare } from './step.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

/** Within what any design takes; the cases choose their own. */
const planTtl = '10s';

const findReporter = (name: string): Promise<DocumentReporter<ConformDocument>> =>
  loadPlugin('report of conformance', name);

export const prepareConformance: Prepare = async (args) => {
  const given = givenOptions(args);
  const reporter = await findReporter(given['format'] ?? 'table');
  const reports = await chooseReports(findReporter, args['report']);
  const wantedCases = typeof args['case'] === 'string' ? args['case'] : null;
  const cases = await chosenCases(wantedCases);
  const contestants = await chosenContestants(given);
  const facts = await factsOf(given, wantedCases, contestants);
  return {
    plan: { contestants, cases: cases.map(({ name }) => name) },
    dispose: () => {},
    async run(progress, interruption) {
      const found = await conform({
        contestants,
        cases: () => cases,
        servers: (given['servers'] ?? 'auto') as LabKind,
        image: given['image'] ?? String(runOptions['image'].default),
        signal: interruption.signal,
        onResult: counted(progress, contestants.length * cases.length),
      });
      progress.end();
      const document = { ...found, ...facts, exitCode: found.partial ? interruption.exitCode() : found.exitCode };
      const note = (text: string): void => progress.note(text);
      const exitCode = writeReports(reports, document, document.exitCode, note);
      await tellGithub(findReporter, document, process.env, reporter.name === 'github', note);
      await print(reporter.render(document, terminalStyle(process.stdout, process.env)));
      return exitCode;
    },
  };
};

function givenOptions(args: Args): RawOptions {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    if (!Object.hasOwn(runOptions, name) || value === undefined || value === false) continue;
    const hint = `bench conform takes ${Object.keys(commandOptions.conform)
      .map((one) => `--${one}`)
      .join(', ')}.`;
    if (name === 'redis' || value === 'external')
      throw new LockbenchError('BAD_ARGUMENT', 'conform stops and empties servers, so it uses none but its own', hint);
    if (!Object.hasOwn(commandOptions.conform, name))
      throw new LockbenchError('BAD_ARGUMENT', `conform does not take --${name}`, hint);
    given[name] = Array.isArray(value) ? value.join(',') : (value as string);
  }
  return given;
}

async function chosenCases(wanted: string | null): Promise<readonly ConformCase[]> {
  const known = await listCases();
  if (wanted === null) return known;
  return wanted.split(',').map((name) => {
    const found = known.find((one) => one.name === name);
    if (found !== undefined) return found;
    const names = known.map((one) => one.name);
    throw unknownName('case', name, names);
  });
}

async function chosenContestants(given: RawOptions): Promise<readonly Contestant[]> {
  const strategy = await spelledOut(given['strategy'] ?? String(runOptions['strategy'].default));
  const catalogue = await openCatalogue(parseStrategies(strategy).flatMap(({ name }) => (isPath(name) ? [name] : [])));
  const { nodes, replicas, servers } = given;
  const wanted = given['client']?.split(',');
  const raw = {
    strategy,
    ttl: planTtl,
    nodes,
    replicas,
    servers,
    ...(wanted?.length === 1 ? { client: wanted[0] } : {}),
  };
  const known = Object.entries(raw).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const one of wanted ?? [])
    if (!allClients.includes(one as ClientName)) throw unknownName('client', one, allClients);
  const texts = parseStrategies(strategy);
  return resolvePlan(Object.fromEntries(known), catalogue, [], 0).strategies.flatMap((plan, i) => {
    const design =
      catalogue.files.get(texts[i].name)?.strategy ?? catalogue.strategies.find((one) => one.name === plan.name)!;
    const own = texts[i].settings.some(([key]) => key === 'client');
    const able = clientsOf(design).filter((client) => wanted === undefined || wanted.includes(client));
    return plan.client === null || own ? [plan] : able.map((client) => ({ ...plan, client }));
  });
}

/** `all`: our designs and the published libraries that are installed, these in both profiles; `peers`: only these. */
async function spelledOut(text: string): Promise<string> {
  const known = await listPlugins<LockStrategy>('strategy');
  const ours = known.filter(({ library }) => library === undefined).map(({ name }) => name);
  const peers = known
    .filter(({ library }) => library !== undefined && installedPackage(library) !== null)
    .flatMap(({ name }) => [name, `${name}@profile=default`]);
  if (text === 'peers' && peers.length === 0)
    throw new LockbenchError(
      'NO_LIBRARY',
      'no published library is installed',
      'npm ci --ignore-scripts installs them.',
    );
  return text === 'all' ? [...ours, ...peers].join(',') : text === 'peers' ? peers.join(',') : text;
}

const stepsTold = 10;

/** A word now and then: nobody waits a minute without one. */
function counted(progress: Pick<Progress, 'phase'>, total: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (done % Math.ceil(total / stepsTold) === 0 || done === total) progress.phase(`${done} of ${total} cases`);
  };
}
