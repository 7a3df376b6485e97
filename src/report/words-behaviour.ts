/** How the lock treated those who came for it: who got nothing, who took it again at once, what it cost the servers. */
import type { Result, RunResult } from '../contract/index.js';
import { formatCount, formatNumber, formatPercent, formatSettingMs } from '../base/units.js';
import { inWords, plural } from './text.js';
import { isControl } from './verdicts.js';
import type { Word } from './words.js';

const fairJain = 0.8;
/** Below this share of hand-offs among the grants, whoever releases is who takes it next. */
const handoffRatio = 0.5;
/** So many times the commands of an uncontended cycle, and retries are most of the load. */
const herdFactor = 3;
/** Refusals are worth a line from this share of the attempts. */
const refusedRatio = 0.01;
/** Below this share of the grants, what is told of their rounds is told of some of them. */
const wellSeenRatio = 0.99;
/** A SET and a release, to each node. */
const commandsPerNode = 2;
/** A cluster is asked as a whole: to come, to look (or for a lease), and to leave. */
const commandsPerCluster = 3;

export function behaviourWords({ runs }: Result): Word[] {
  return [
    ...runs.flatMap(nothingGranted),
    ...runs.filter((run) => !isControl(run)).flatMap(unfair),
    ...runs.flatMap(refusals),
    ...runs.flatMap(silentNodes),
    ...runs.flatMap(droppedBacklog),
    ...runs.flatMap(herd),
    ...runs.flatMap(partlySeen),
    ...tooFewSamples(runs),
  ];
}

function nothingGranted({ strategy, grants, attempts }: RunResult): Word[] {
  if (grants > 0 || attempts === 0) return [];
  const text = `${strategy}: nothing was granted in ${formatCount(attempts)} ${plural(attempts, 'attempt')}`;
  return [{ level: 'warning', text }];
}

function unfair(run: RunResult): Word[] {
  const everybody = run.contenders;
  if (run.grants === 0 || everybody < 2) return [];
  const { jain, starved } = run.fairness;
  const found: string[] = [];
  if (jain !== null && jain < fairJain) found.push(`Jain's index ${formatNumber(jain)} (1 is even)`);
  if (starved > 0) found.push(`${starved} of ${everybody} contenders got nothing`);
  if (run.keys < everybody && run.handoffHz < run.throughputHz * handoffRatio) {
    const rates = `${formatNumber(run.handoffHz)} of ${formatNumber(run.throughputHz)} grants/s`;
    found.push(`only ${rates} went to another contender than the last: whoever releases takes it again`);
  }
  return found.length === 0
    ? []
    : [{ level: 'warning', text: `${run.strategy}: unevenly shared: ${found.join('; ')}` }];
}

function refusals({ strategy, attempts, refused, waitMs }: RunResult): Word[] {
  const of = (count: number): string => `${formatCount(count)} (${formatPercent(count / Math.max(1, attempts))})`;
  const found: string[] = [];
  if (refused.busy > 0 && refused.busy >= attempts * refusedRatio) {
    found.push(`${of(refused.busy)} gave up on a busy lock within ${formatSettingMs(waitMs)}`);
  }
  if (refused.tooLate > 0) found.push(`${of(refused.tooLate)} had their answers when validity was over`);
  if (refused.unreachable > 0) found.push(`${of(refused.unreachable)} found too few nodes reachable`);
  if (found.length === 0) return [];
  const level = refused.unreachable > 0 ? 'warning' : 'note';
  return [{ level, text: `${strategy}: of ${formatCount(attempts)} attempts, ${inWords(found)}` }];
}

/** A quorum hides a silent node from every latency: it must be told. */
function silentNodes({ strategy, nodeFailures }: RunResult): Word[] {
  if (nodeFailures.length === 0) return [];
  const nodes = [...new Set(nodeFailures.map(({ node }) => node))].map((node) => {
    const reasons = nodeFailures
      .filter((one) => one.node === node)
      .map(({ code, count }) => `${code} ${formatCount(count)}`);
    return `server ${node + 1} (${reasons.join(', ')})`;
  });
  return [{ level: 'warning', text: `${strategy}: commands without an answer: ${inWords(nodes)}` }];
}

function droppedBacklog({ strategy, backlog }: RunResult): Word[] {
  if (backlog.dropped === 0) return [];
  const text = `${strategy}: ${formatCount(backlog.dropped)} owed releases were given up (backlog of ${formatCount(backlog.peak)}): those keys stayed until their TTL`;
  return [{ level: 'warning', text }];
}

function herd({ strategy, topology, commandsPerGrant, tries, grants }: RunResult): Word[] {
  const alone = topology.kind === 'cluster' ? commandsPerCluster : topology.nodes * commandsPerNode;
  if (commandsPerGrant === null || alone === 0 || commandsPerGrant < alone * herdFactor) return [];
  const perGrant = grants > 0 ? `, ${formatNumber(tries / grants)} tries` : '';
  const text =
    `${strategy}: ${formatNumber(commandsPerGrant)} commands${perGrant} per grant, where an uncontended one takes about ` +
    `${alone}: most of the load is retries`;
  return [{ level: 'note', text }];
}

/** A round that stood in a queue, or that a library began by itself, tells nothing of what the lock costs. */
function partlySeen({ strategy, grants, latencyUs }: RunResult): Word[] {
  const { count } = latencyUs.acquire;
  if (grants === 0 || count > grants * wellSeenRatio) return [];
  const text =
    `${strategy}: acquire is of ${formatCount(count)} of ${formatCount(grants)} grants: when the round of the others began is ` +
    'not known, for it stood in a queue or the library tries again by itself';
  return [{ level: 'note', text }];
}

function tooFewSamples(runs: readonly RunResult[]): Word[] {
  const few = runs.flatMap(({ strategy, waitUs, latencyUs }) => {
    const lacking = [
      ['wait', waitUs] as const,
      ['acquire', latencyUs.acquire] as const,
      ['release', latencyUs.release] as const,
    ].filter(([, { count, p99 }]) => count > 0 && p99 === null);
    if (lacking.length === 0) return [];
    return [`${strategy} (${lacking.map(([name, { count }]) => `${name} ${formatCount(count)}`).join(', ')})`];
  });
  if (few.length === 0) return [];
  const text = `too few samples for a p99, which takes ten above it, so about 1,000: ${few.join(', ')}`;
  return [{ level: 'note', text }];
}
