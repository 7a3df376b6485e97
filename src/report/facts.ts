/** What stands around the figures: what was run, on what, and how each check ended. Runs that share a line share it. */
import type { Result, RunResult, Verdict } from '../contract/index.js';
import { formatCount, formatMs, formatPercent, formatRate, formatSettingMs, formatUs } from '../base/units.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { groupBy, plural } from './text.js';

/** A text and the runs that it holds for. */
export interface Fact {
  readonly labels: readonly string[];
  readonly text: string;
}

/** The common plan of all runs, in a line or two. */
export function planLines({ environment, seed, startedAt, runs }: Result): readonly string[] {
  const lines = [`lockbench ${environment.lockbench}, seed ${seed}, ${startedAt}`];
  const run = runs.at(0);
  if (run === undefined) return [...lines, 'no run was measured'];
  const { workers, contenders, keys } = run;
  const rounds = run.repeats.length > 1 ? ` in ${run.repeats.length} rounds` : '';
  const choice = keys > 1 ? ` (${run.keyChoice})` : '';
  return [
    ...lines,
    [
      `${run.workload} on ${formatCount(keys)} ${plural(keys, 'key')}${choice}`,
      `${contenders} ${plural(contenders, 'contender')} in ${workers} ${plural(workers, 'thread')}`,
      `${loadText(run)} for ${formatMs(run.durationMs)}${rounds}`,
      `ttl ${formatSettingMs(run.ttlMs)}`,
      `hold ${formatSettingMs(run.holdMs)}`,
      `think ${formatSettingMs(run.thinkMs)}`,
      `wait at most ${formatSettingMs(run.waitMs)}`,
      `${run.holder} holder`,
    ].join(', '),
  ];
}

function loadText({ load }: RunResult): string {
  return load.targetHz === null ? `${load.shape} loop` : `${load.shape} ${formatRate(load.targetHz)}`;
}

/** Topology, durability and client of each run. */
export function setupFacts({ runs, environment }: Result): readonly Fact[] {
  return facts(runs, (run) => {
    if (run.topology.kind === 'none') return 'no server';
    const version = environment.clients[run.client];
    const client = version === undefined ? run.client : `${run.client} ${version}`;
    const { peak, dropped } = run.backlog;
    const given = dropped > 0 ? `, ${formatCount(dropped)} given up` : '';
    return `${topologyText(run)}; ${durabilityText(run)}; ${client}; at most ${formatCount(peak)} releases under way or owed${given}`;
  });
}

function topologyText({ topology }: RunResult): string {
  const { kind, nodes, replicas } = topology;
  if (kind === 'quorum') return `${nodes} independent ${plural(nodes, 'master')}`;
  if (kind === 'replicated') return `a primary with ${replicas} ${plural(replicas, 'replica')}`;
  return '1 server';
}

function durabilityText({ persistence }: RunResult): string {
  switch (persistence) {
    case 'none':
      return 'no persistence (a restart forgets all locks)';
    case 'everysec':
      return 'append-only file, synced every second (a crash forgets up to that)';
    case 'unknown':
      return 'persistence unknown (the servers do not tell)';
    case 'always':
      return 'append-only file, synced before every answer';
  }
}

/** `FAIL mutual-exclusion (412); undecided deadlock-freedom; pass accounting, assumptions` */
export function checkFacts({ runs }: Result): readonly Fact[] {
  return facts(runs, ({ verdicts }) => {
    const named = (['fail', 'undecided', 'pass'] as const).flatMap((kind) => {
      const of = verdicts.filter(({ verdict }) => verdict === kind);
      if (of.length === 0) return [];
      return [`${kind === 'fail' ? 'FAIL' : kind} ${of.map(checkText).join(', ')}`];
    });
    return named.length === 0 ? 'none ran' : named.join('; ');
  });
}

function checkText(verdict: Verdict): string {
  if (verdict.verdict !== 'fail') return verdict.check;
  const blame = isViolation(verdict) || isInvalid(verdict) ? '' : ', not promised';
  return `${verdict.check} (${formatCount(verdict.violations)}${blame})`;
}

/** Under an arrival rate: what was reached, and what callers saw from the moment they were meant to start. */
export function rateFacts({ runs }: Result): readonly Fact[] {
  return runs
    .filter(({ load }) => load.targetHz !== null)
    .map((run) => ({
      labels: [run.strategy],
      text:
        `${formatRate(run.load.achievedHz)} of ${formatRate(run.load.targetHz)} arrivals (${shareText(run.load)}); ` +
        `response p99 ${formatUs(run.latencyUs.response.p99)}, send delay p99 ${formatUs(run.latencyUs.sendDelay.p99)}`,
    }));
}

function shareText({ achievedHz, targetHz }: RunResult['load']): string {
  return formatPercent(achievedHz === null || targetHz === null ? null : achievedHz / targetHz);
}

function facts(runs: readonly RunResult[], textOf: (run: RunResult) => string): readonly Fact[] {
  return groupBy(runs, textOf).map(([text, of]) => ({ labels: of.map(({ strategy }) => strategy), text }));
}
