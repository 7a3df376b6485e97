/** `bench conform`: every behaviour that a lock promises, tried on real servers, and a verdict for each. */
import { exitCodes, LockbenchError, type ClientName } from '../contract/index.js';
import { listPlugins, unknownName, type Named } from '../base/plugins.js';
import { openCatalogue } from '../plan/catalogue.js';
import { allClients, clientsOf } from '../plan/resolve-client.js';
import { resolvePlan } from '../plan/resolve.js';
import type { RawOptions } from '../plan/catalogue.js';
import { runOptions } from '../plan/run-options.js';
import { isPath, parseStrategies } from '../plan/strategy-text.js';
import { conform } from '../conform/conform.js';
import { listCases, type Contestant } from '../conform/contestant.js';
import type { LabKind } from '../conform/lab.js';
import { renderMarkdown } from '../conform/markdown.js';
import type { ConformDocument } from '../conform/results.js';
import { renderTable } from '../conform/table.js';
import type { ConformCase } from '../conform/types.js';
import type { Args } from './args.js';
import { print } from './terminal-output.js';
import { terminalStyle } from './terminal.js';

/** What belongs to a run and its load has no meaning here. */
const taken = ['strategy', 'client', 'nodes', 'replicas', 'servers', 'image', 'format'];
/** Within what any design takes; the cases choose their own. */
const planTtl = '10s';

const formats: Readonly<Record<string, (document: ConformDocument) => string>> = {
  table: (document) => renderTable(document, terminalStyle(process.stdout, process.env)),
  json: (document) => `${JSON.stringify(document, null, 2)}\n`,
  markdown: renderMarkdown,
};

export async function conformCommand(args: Args): Promise<number> {
  const given = givenOptions(args);
  const format = given['format'] ?? 'table';
  if (!Object.hasOwn(formats, format)) throw unknownName('format of conform', format, Object.keys(formats));
  const cases = await chosenCases(typeof args['case'] === 'string' ? args['case'] : null);
  const contestants = await chosenContestants(given);
  const stop = new AbortController();
  let interrupted: number = exitCodes.interrupted;
  const onSignal = (signal: NodeJS.Signals): void => {
    interrupted = signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const tell = progress(args['quiet'] === true, contestants.length * cases.length);
  const document = await conform({
    contestants,
    cases: () => cases,
    servers: (given['servers'] ?? 'auto') as LabKind,
    image: given['image'] ?? String(runOptions['image'].default),
    signal: stop.signal,
    onResult: tell,
  });
  const exitCode = document.partial ? interrupted : document.exitCode;
  await print(formats[format]({ ...document, exitCode }));
  return exitCode;
}

function givenOptions(args: Args): RawOptions {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    if (!Object.hasOwn(runOptions, name) || value === undefined || value === false) continue;
    const hint = 'bench conform takes --strategy, --client, --nodes, --replicas, --servers, --image, --format, --case.';
    if (name === 'redis' || value === 'external')
      throw new LockbenchError('BAD_ARGUMENT', 'conform stops and empties servers, so it uses none but its own', hint);
    if (!taken.includes(name)) throw new LockbenchError('BAD_ARGUMENT', `conform does not take --${name}`, hint);
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
  const all = await listPlugins<Named>('strategy');
  const text = given['strategy'] ?? String(runOptions['strategy'].default);
  const strategy = text === 'all' ? all.map(({ name }) => name).join(',') : text;
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

const stepsTold = 10;

/** A line now and then: on a terminal nobody waits a minute without a word. */
function progress(quiet: boolean, total: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    const due = done % Math.ceil(total / stepsTold) === 0 || done === total;
    if (!quiet && due) process.stderr.write(`conform: ${done} of ${total} cases\n`);
  };
}
