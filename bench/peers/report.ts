/** The page that is published: results/published/speed.md. Pure. */
import {
  formatCount,
  formatMs,
  formatNumber,
  formatPercent,
  formatRate,
  formatSettingMs,
} from '../../src/base/units.js';
import { metrics, ratio } from './figures.js';
import {
  commonShare,
  contendedWarmups,
  groupsOf,
  hotSliceMs,
  manySliceMs,
  rateSliceMs,
  type Group,
  type Scale,
} from './groups.js';
import type { Measured } from './measured.js';
import { tableOf, type Table } from './tables.js';
import { judgeTargets, type Judged } from './targets.js';

export function speedPage(measured: Measured, scale: Scale): string {
  const sections = groupsOf(scale)
    .filter(({ id }) => measured.cells.some(({ group }) => group === id))
    .map((group) => groupSection(group, measured));
  return `${[
    '# Speed: lock clients on Node, side by side',
    provenance(measured),
    `## Figures to reach\n\nMedians of ratios, with their 95 % intervals, made by the program from the tables below. The best library is the best at that very figure.\n\n${targetsTable(measured)}`,
    ...sections,
    `## Floors\n\n${floorsText(measured)}`,
    `## What is missing, and why\n\n${gapsText(measured)}`,
    `## Method\n\n${methodText(measured, scale)}`,
    `## What cannot be concluded\n\n${limitsText}`,
  ].join('\n\n')}\n`;
}

function provenance({ environment, command, seed, startedAt, tookMs, load, partial, clientOptions }: Measured): string {
  const packages = Object.values(clientOptions).flatMap(({ package: published, library, version, program }) => [
    ...[published, program].filter((one) => typeof one === 'string'),
    ...(typeof library === 'string' ? [`${library} ${String(version)}`] : []),
  ]);
  const servers = environment.servers.map(({ version }) => version);
  const versions = [...new Set([`node ${environment.node.replace(/^v/, '')}`, ...servers, ...packages])];
  return [
    `Made with \`${command}\`, seed ${seed}, ${startedAt}, in ${formatMs(tookMs)}${partial ? '; **interrupted: not all of it was measured**' : ''}.`,
    `lockbench ${environment.lockbench}${environment.commit === null ? '' : ` (${environment.commit})`}; ${versions.map(unlinked).join(', ')}.`,
    `${environment.cores} cores (${environment.cpu}), ${environment.os}; load ${load.map((one) => one.toFixed(2)).join(' before and ')} after.`,
  ].join('\n');
}

/** A name of a package is nobody to be notified. */
function unlinked(text: string): string {
  return text.replaceAll('@', '@\u200b');
}

export function targetsTable(measured: Measured): string {
  const rows = judgeTargets(measured).map(targetRow);
  return markdownTable(['what', 'goal', 'reached', 'against', 'verdict'], rows);
}

function targetRow({ target, found, verdict, clear }: Judged): string[] {
  const goal = `${target.sense === 'atLeast' ? 'at least' : 'at most'} ${formatNumber(target.goal)}`;
  if ('missing' in found) return [target.what, goal, '-', '-', `${verdict}: ${oneLine(found.missing)}`];
  const { estimate, interval } = found.figure;
  const told = interval === null ? '' : ` (${interval.map((value) => formatNumber(value)).join(' to ')})`;
  return [
    target.what,
    goal,
    `${formatNumber(estimate)}${told}`,
    found.against === null ? '-' : code(found.against),
    `${verdict}${clear ? '' : ', but not clearly: the interval has the goal in it'}`,
  ];
}

function groupSection({ id, title }: Group, measured: Measured): string {
  const loads = [...new Set(measured.cells.filter(({ group }) => group === id).map(({ load }) => load))];
  const parts = loads.map((load) => {
    const table = tableOf(measured, id, load);
    return `${headOf(id, load, measured)}${yardstickText(table)}\n\n${tableText(table)}`;
  });
  return [`## ${title}`, ...parts].join('\n\n');
}

function headOf(id: Group['id'], load: string, { rates }: Measured): string {
  const rate = rates.find(({ group }) => group === id);
  if (rate !== undefined)
    return `${formatCount(rate.rateHz)} arrivals/s for everybody: ${formatPercent(commonShare)} of what ${code(rate.slowest)} can do at most (${formatRate(rate.maximumHz)}). Times are from the intended start.`;
  if (id.startsWith('contended'))
    return `${load} contenders in two processes, held for no longer than a turn of the event loop, about 1 ms between two locks. With a key each they wait for nobody: that is what thinking, and an acquire and a release, leave room for.`;
  return `${formatCount(Number(load))} ${load === '1' ? 'contender' : 'contenders'}, each on a key of its own.`;
}

function yardstickText({ yardstick }: Table): string {
  return yardstick === null ? '' : ` Times are those of ${code(yardstick)}.`;
}

function tableText({ labels, columns }: Table): string {
  const rows = labels.map((label, row) => [
    code(label),
    ...columns.map(({ cells }) => {
      const { text, interval } = cells[row]!;
      return interval === '' ? text || '-' : `${text} (${interval})`;
    }),
  ]);
  return markdownTable(['contestant', ...columns.map(({ title }) => title)], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (label: string): string => `\`${label}\``;

/** A message may have several lines, and its bars would be columns. */
const oneLine = (text: string): string => unlinked(text.replace(/\s+/g, ' ').replaceAll('|', '\\|'));

/** What stops a figure, told by others of the same run. */
function floorsText(measured: Measured): string {
  return [
    ...(['contended-1', 'contended-5'] as const).flatMap((id) => waitingText(id, measured)),
    '- Hand-offs of one key: a contender thinks, and its acquire and its release each take a round trip, whatever the lock. What is left to a lock is the wait, which is told in the tables; most of it is the way from one process to the other by the server, and the wake-ups on it.',
    '- From tens of contenders to thousands: `client us/cycle` of all threads goes down as more commands share a turn, and up again as more of them are alive at each collection of garbage.',
  ].join('\n');
}

function waitingText(id: Group['id'], { cells, seed }: Measured): string[] {
  const present = cells.filter(({ group }) => group === id);
  const apart = present.find(({ kind }) => kind === 'apart');
  const fair = present.find(({ label }) => label.includes('-fair@client=pipelined'));
  const found = fair && apart ? ratio(fair, apart, metrics.handoffs, seed) : null;
  if (found === null) return [];
  const told = found.interval === null ? '' : ` (${found.interval.map((value) => formatNumber(value)).join(' to ')})`;
  const [fairest, free] = [code(fair!.label), code(apart!.label)];
  return [
    `- ${fairest} makes ${formatNumber(found.estimate)}${told} of what ${free} makes: there nobody waits for anybody.`,
  ];
}

function gapsText({ gaps }: Measured): string {
  if (gaps.length === 0) return 'Nothing: every contestant was measured in every generation.';
  const grouped = new Map<string, (number | null)[]>();
  for (const { group, label, generation, reason } of gaps) {
    const text = `${group}, ${code(label)}: ${oneLine(reason)}`;
    grouped.set(text, [...(grouped.get(text) ?? []), generation]);
  }
  return [...grouped]
    .map(([text, generations]) => {
      const known = generations.filter((one) => one !== null);
      return `- ${text}${known.length > 0 ? ` (generation ${known.join(', ')})` : ''}`;
    })
    .join('\n');
}

function methodText({ generations }: Measured, { sliceMs, warmupMs }: Scale): string {
  return [
    `1. ${generations} generations: each starts fresh processes of every contestant of a group, warms each up for ${formatSettingMs(warmupMs)} (where all want one key, ${contendedWarmups} times that: what is fast goes on getting faster for seconds), and ends them.`,
    `2. Within a generation a slice of each load by turns, of ${formatSettingMs(sliceMs)} (twice that with hundreds of contenders, ${formatSettingMs(manySliceMs)} with thousands, two of ${formatSettingMs(rateSliceMs)} at a rate, two of ${formatSettingMs(hotSliceMs)} with one hot key); loads and contestants in an order drawn from the seed. Only one contestant is ever active.`,
    '3. The same five servers for all, started for this run, without persistence; one node is the first of them.',
    '4. The same loop drives everybody: a worker of `bench` with all that it records (history, histograms, cells). `none` is that loop without a lock.',
    '5. A cycle is an acquire and a release; both are counted when they end within the window, which leaves out the first tenth of a slice (with thousands of contenders, half of it).',
    '6. Libraries run as they come (`default`), and with the options of our clients, one write a turn and no timers of the client (`pipelined`). What they send is counted by a listener on their client, as in any run, which costs them up to half a microsecond a command.',
    '7. Where nobody waits, ours wait for an answer for up to 5 s and libraries for ever: a full queue is then no failure.',
    '8. Ratios are medians of ratios of neighbours, of the same round; of p99, of the same generation. Intervals resample generations, then slices (95 %).',
    '9. us per cycle are CPU time of all threads of the contestant, and of the servers, over a whole slice.',
    '10. `redis-benchmark` repeats one command, so SET NX PX and the compare-and-delete script were measured one after the other; `commands/s` is what both together come to. It has 50 connections, ours one.',
  ].join('\n');
}

const limitsText = [
  '- Absolute figures belong to this machine and this hour: servers and client share its cores and speak over loopback. On a network one round trip costs more than all that is measured here.',
  '- At saturation a latency is the number of contenders over the rate: it repeats the throughput. Latencies are to be compared at the common arrival rate, and there only as far as the send delay, which is the pacing of the generator, is far below them.',
  '- A few per cent between a library and ours on the same client: the listener on theirs takes as much.',
  '- The best library is chosen after the fact, which favours it a little, and it may be another one in each row.',
  '- One Node process for each contestant: how they scale over processes is not measured.',
  '- `single-fair` and `redlock-fair` hand over within a process without waiting for a server: with fewer contenders in each process they do so less often.',
  '- Nothing here says whether a lock keeps its promise: see `bench conform` and libraries.md. What is faster because it does less is not told apart.',
].join('\n');
