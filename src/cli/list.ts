/** `bench list`: every plug-in, with what it does and its options. */
import {
  LockbenchError,
  exitCodes,
  type Fault,
  type LockStrategy,
  type MetricUnit,
  type Options,
  type OptionSpec,
} from '../contract/index.js';
import { installedPackage } from '../base/packages.js';
import { listPlugins, nearest, type Named, type PluginKind } from '../base/plugins.js';
import { describeField, showDefault } from '../plan/parse-field.js';
import { metrics } from '../stats/metrics.js';
import type { Args } from './args.js';
import { print } from './terminal-output.js';

const kinds: Readonly<Record<string, PluginKind>> = {
  strategies: 'strategy',
  workloads: 'workload',
  loads: 'load shape',
  faults: 'fault',
  checks: 'check',
  reporters: 'reporter',
  'compare-reporters': 'report of a comparison',
  'conform-reporters': 'report of conformance',
  scenarios: 'scenario',
};

/** No plug-ins: what a threshold can be set on. */
const metricList = 'metrics';
const valueWords: Readonly<Record<MetricUnit, string>> = {
  us: 'a time, such as 250us or 5ms',
  hz: 'per second, such as 1000',
  ratio: 'a share, such as 90% or 0.9',
  count: 'a whole number',
  number: 'a number',
};

type Listed = Named & { readonly help: string };

export async function listCommand(args: Args): Promise<number> {
  const [, wanted] = args._;
  const lists = [...Object.keys(kinds), metricList];
  if (wanted !== undefined && !lists.includes(wanted)) {
    const near = nearest(wanted, lists);
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no list of ${JSON.stringify(wanted)}`,
      near.length > 0 ? `Did you mean ${near[0]}?` : `There are: ${lists.join(', ')}.`,
    );
  }
  const sections: string[] = [];
  for (const [title, kind] of Object.entries(kinds)) {
    if (wanted !== undefined && wanted !== title) continue;
    const plugins = await listPlugins<Listed>(kind);
    const [ours, theirs] = [plugins.filter((one) => !isPeer(one)), plugins.filter(isPeer)];
    sections.push([title, ...ours.flatMap((plugin) => linesOf(kind, plugin))].join('\n'));
    if (theirs.length > 0)
      sections.push(['published libraries (strategies, too)', ...theirs.flatMap(peerLines)].join('\n'));
  }
  if (wanted === undefined || wanted === metricList)
    sections.push([metricList, ...metrics.map(({ name, unit }) => line({ name, help: valueWords[unit] }))].join('\n'));
  await print(`${sections.join('\n\n')}\n`);
  return exitCodes.ok;
}

type Peer = Listed & LockStrategy & { readonly library: string };

function isPeer(plugin: Listed): plugin is Peer {
  return 'library' in plugin && typeof plugin.library === 'string';
}

function peerLines(peer: Peer): string[] {
  const installed = installedPackage(peer.library);
  const package_ = installed === null ? 'not installed' : `version ${installed.version}, licence ${installed.licence}`;
  return [line(peer), `      package ${installed?.name ?? peer.library}: ${package_}`, ...optionLines(peer.options)];
}

function line({ name, help }: Listed): string {
  return `  ${name.padEnd(22)} ${help}`;
}

function linesOf(kind: PluginKind, plugin: Listed): string[] {
  if (kind === 'strategy') return [line(plugin), ...optionLines((plugin as unknown as LockStrategy).options)];
  if (kind !== 'fault') return [line(plugin)];
  const fault = plugin as unknown as Fault;
  return [line(plugin), `      ${faultFacts(fault)}`, ...optionLines(fault.options)];
}

function optionLines(options: OptionSpec<Options>): string[] {
  return Object.entries(options).map(
    ([key, field]) => `      ${`${key}=${describeField(field)}`.padEnd(34)} ${field.help} (${showDefault(field)})`,
  );
}

/** Whom it hits where the plan does not say, when, for how long, and what it needs. */
function faultFacts({ hits, defaultTarget, clients, events, instant, engines, needs }: Fault): string {
  const target = defaultTarget === '' ? 'a contender' : `${defaultTarget}${clients === undefined ? '' : `/${clients}`}`;
  const needed = [
    ...(needs.ownServers === true ? ['servers of our own'] : []),
    ...(needs.relay === true ? ['relays'] : []),
    ...(needs.clockShim === true ? ['a compiler or libfaketime'] : []),
    ...(needs.fsyncShim === true ? ['a compiler, persistence'] : []),
    ...(needs.isolate === undefined ? [] : ['workers in processes']),
    ...(needs.resource === true ? ['a workload with a resource'] : []),
  ];
  return [
    `hits ${hits === 'contender' ? 'a contender' : `${target} of the ${hits === 'network' ? 'network' : 'servers'}`}`,
    ...(events === undefined ? [] : [events.map((event) => `@${event}`).join(' or ')]),
    instant === true ? 'at once' : 'lasts',
    ...(engines === undefined ? [] : [`on ${engines.join(', ')} only`]),
    ...(needed.length > 0 ? [`needs ${needed.join(', ')}`] : []),
  ].join('; ');
}
