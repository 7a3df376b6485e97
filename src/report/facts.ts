/** What stands around the figures: what was run, on what, and how each check ended. Runs that share a line share it. */
import { sentinelCount, type Result, type RunResult, type Verdict } from '../contract/index.js';
import { formatCount, formatMs, formatPercent, formatRate, formatSettingMs, formatUs } from '../base/units.js';
import { isInvalid, isViolation } from '../check/judge.js';
import { libraryOf } from './library.js';
import { groupBy, plural } from './text.js';
import { isControl } from './verdicts.js';

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
  const unit = run.trials === null ? 'rounds' : 'trials';
  const rounds = run.repeats.length > 1 ? ` in ${run.repeats.length} ${unit}` : '';
  const choice = keys > 1 ? ` (${run.keyChoice})` : '';
  return [
    ...lines,
    [
      `${run.workload} on ${formatCount(keys)} ${plural(keys, 'key')}${choice}`,
      `${contenders} ${plural(contenders, 'contender')} in ${workers} ${workersText(run)}`,
      `${loadText(run)} for ${formatMs(run.durationMs)}${rounds}`,
      `ttl ${formatSettingMs(run.ttlMs)}`,
      `hold ${formatSettingMs(run.holdMs)}`,
      `think ${formatSettingMs(run.thinkMs)}`,
      `wait at most ${formatSettingMs(run.waitMs)}`,
      `${run.holder} holder`,
    ].join(', '),
  ];
}

function workersText({ isolate, workers }: RunResult): string {
  return isolate === 'thread' ? plural(workers, 'thread') : plural(workers, 'process', 'processes');
}

function loadText({ load }: RunResult): string {
  return load.targetHz === null ? `${load.shape} loop` : `${load.shape} ${formatRate(load.targetHz)}`;
}

/** Topology, durability and client of each run. */
export function setupFacts({ runs, environment }: Result): readonly Fact[] {
  return facts(runs, (run) => {
    if (run.topology.kind === 'none') return `no server${resourceText(run)}`;
    const library = libraryOf(run);
    const version = environment.clients[library];
    const { package: published } = run.clientOptions;
    const design = typeof published === 'string' ? `${published} on ` : '';
    const client = `${design}${version === undefined ? library : `${library} ${version}`}`;
    const { peak, dropped } = run.backlog;
    const given = dropped > 0 ? `, ${formatCount(dropped)} given up` : '';
    return `${topologyText(run)}${latencyText(run)}; ${durabilityText(run)}; ${client}; at most ${formatCount(peak)} ${plural(peak, 'release')} under way or owed${given}${resourceText(run)}`;
  });
}

function topologyText({ topology }: RunResult): string {
  const { kind, nodes, replicas } = topology;
  if (kind === 'cluster') return nodes === 1 ? '1 node' : `${nodes} nodes that agree among themselves`;
  if (kind === 'quorum') return `${nodes} independent ${plural(nodes, 'master')}`;
  const withReplicas = `a primary with ${replicas} ${plural(replicas, 'replica')}`;
  if (kind === 'replicated') return withReplicas;
  if (kind === 'sentinel') return `${withReplicas} and ${sentinelCount} sentinels`;
  return '1 server';
}

/** `, round trip 2ms longer to server 1, 40ms to server 2 and beyond` */
function latencyText({ latencyMs, nodes }: RunResult): string {
  if (latencyMs.every((ms) => ms === 0)) return '';
  if (latencyMs.length === 1) return `, every round trip ${formatSettingMs(latencyMs[0])} longer`;
  const added = latencyMs.slice(0, nodes).map((ms, at) => {
    const beyond = at === latencyMs.length - 1 && nodes > latencyMs.length ? ' and beyond' : '';
    return `${formatSettingMs(ms)} to server ${at + 1}${beyond}`;
  });
  return `, round trips longer by ${added.join(', ')}`;
}

function resourceText({ resource, fencing }: RunResult): string {
  if (resource === 'none') return '';
  if (resource === 'memory') return '; resource in shared memory';
  const fenced =
    fencing === 'off'
      ? 'without fencing'
      : `which refuses ${fencing === 'writes' ? 'writes' : 'reads and writes'} with an old token`;
  return `; resource in a process of its own, ${fenced}`;
}

function durabilityText({ engine, durability, persistence }: RunResult): string {
  if (engine !== undefined && engine !== 'redis' && engine !== 'library') return durabilityWords(durability);
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

/** As an engine other than Redis tells it. */
function durabilityWords(durability: RunResult['durability']): string {
  if (durability === 'none') return 'durability none (a restart forgets all locks)';
  return `durability ${durability}`;
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

/** How to have a violation again: the words, and a command to copy. Null where there was none. */
export function repeatWith({
  runs,
  seed,
  folder,
}: Result): { readonly words: string; readonly command: string } | null {
  if (!runs.some((run) => !isControl(run) && run.verdicts.some(isViolation))) return null;
  return folder === null
    ? { words: `seed ${seed}; repeat with the same options and`, command: `--seed ${seed}` }
    : { words: `seed ${seed}; repeat with:`, command: `bench --plan ${folder}/plan.json` };
}
