/** `bench check RUN`: judges a stored run again, from its folder alone. */
import {
  LockbenchError,
  exitCodes,
  type Check,
  type CheckContext,
  type StrategyPlan,
  type Verdict,
  type Workload,
} from '../contract/index.js';
import { combineVerdicts, contextOf, isInvalid, isViolation, judgeHistory } from '../check/judge.js';
import { nowMs } from '../base/clock.js';
import { listPlugins, loadPlugin } from '../base/plugins.js';
import { readRun, type StoredRound } from '../record/store.js';
import type { Args } from './args.js';
import type { Progress } from './progress.js';
import { progressFor } from './step.js';
import { print } from './terminal-output.js';

/** Before the first word on how far it is, and between two. */
const tellEveryMs = 2000;

export async function checkCommand(args: Args): Promise<number> {
  const { plan, rounds } = readRun(runFolder(args, 'check'));
  const checks = await listPlugins<Check>('check');
  const workload = await loadPlugin<Workload>('workload', plan.workload);
  const progress = progressFor(args);
  const lines: string[] = [];
  const verdicts: Verdict[] = [];
  for (const strategy of plan.strategies) {
    const own = rounds.filter(({ round }) => round.strategy === strategy.label);
    if (own.length === 0) {
      lines.push(`${strategy.label}: no round of it was stored`);
      continue;
    }
    const judged = own.map((stored) =>
      judgeRound(checks, stored, contextOf(plan, strategy, workload.harm, stored.round.nodeNames), progress),
    );
    const combined = combineVerdicts(judged.map((one) => one.verdicts));
    const grants = judged.reduce((sum, one) => sum + one.grants, 0);
    lines.push(
      `${strategy.label}: ${grants.toLocaleString('en')} grants in ${own.length} round${own.length > 1 ? 's' : ''}`,
      ...combined.flatMap((verdict) => told(strategy, verdict)),
    );
    verdicts.push(...combined);
  }
  progress.end();
  await print(`${lines.join('\n')}\n`);
  return verdicts.some(isViolation) ? exitCodes.violation : verdicts.some(isInvalid) ? exitCodes.invalid : exitCodes.ok;
}

interface JudgedRound {
  readonly grants: number;
  readonly verdicts: readonly Verdict[];
}

function judgeRound(
  checks: readonly Check[],
  { round, history: read }: StoredRound,
  context: CheckContext,
  progress: Progress,
): JudgedRound {
  let nextMs = nowMs() + tellEveryMs;
  const tell = (doing: (rows: string) => string) => (rows: number) => {
    if (nowMs() < nextMs) return;
    nextMs = nowMs() + tellEveryMs;
    progress.phase(`${round.strategy}, round ${round.round}: ${doing(rows.toLocaleString('en'))}`);
  };
  const history = read(tell((rows) => `looked through ${rows} grants`));
  const all = history.rows.count.toLocaleString('en');
  const verdicts = judgeHistory(
    checks,
    history,
    context,
    tell((rows) => `judged ${rows} of ${all} grants`),
  );
  return { grants: history.rows.count, verdicts };
}

function told(strategy: StrategyPlan, verdict: Verdict): string[] {
  const count = verdict.violations > 0 ? `, ${verdict.violations.toLocaleString('en')} violations` : '';
  return [
    `  ${mark(verdict.verdict)} ${verdict.check}${count}${unclaimed(strategy, verdict.claimed, verdict.verdict)}`,
    ...(verdict.verdict === 'pass' ? [] : verdict.evidence.map((line) => `      ${line}`)),
  ];
}

function mark(verdict: string): string {
  return (verdict === 'fail' ? 'FAIL' : verdict).padEnd(9);
}

function unclaimed(strategy: StrategyPlan, claimed: boolean, verdict: string): string {
  return verdict === 'fail' && !claimed ? ` (${strategy.name} does not promise it)` : '';
}

export function runFolder(args: Args, command: string): string {
  const [, folder] = args._;
  if (folder !== undefined) return folder;
  throw new LockbenchError(
    'BAD_ARGUMENT',
    `bench ${command} needs the folder of a run`,
    `Such as: bench ${command} results/20260101T120000Z-redlock-42`,
  );
}
