/** `bench check RUN`: judges a stored run again, from its folder alone. */
import { LockbenchError, exitCodes, type Check, type StrategyPlan, type Workload } from '../contract/index.js';
import { combineVerdicts, contextOf, isInvalid, isViolation, judgeHistory } from '../check/judge.js';
import { listPlugins, loadPlugin } from '../base/plugins.js';
import { readRun } from '../record/store.js';
import type { Args } from './args.js';
import { print } from './terminal-output.js';

export async function checkCommand(args: Args): Promise<number> {
  const { plan, rounds } = readRun(runFolder(args, 'check'));
  const checks = await listPlugins<Check>('check');
  const workload = await loadPlugin<Workload>('workload', plan.workload);
  const lines: string[] = [];
  let violated = false;
  let invalid = false;
  for (const strategy of plan.strategies) {
    const own = rounds.filter(({ round }) => round.strategy === strategy.label);
    if (own.length === 0) {
      lines.push(`${strategy.label}: no round of it was stored`);
      continue;
    }
    const verdicts = combineVerdicts(
      own.map(({ round, history }) =>
        judgeHistory(checks, history, contextOf(plan, strategy, workload.harm, round.nodeNames)),
      ),
    );
    const grants = own.reduce((sum, { history }) => sum + history.rows.count, 0);
    lines.push(
      `${strategy.label}: ${grants.toLocaleString('en')} grants in ${own.length} round${own.length > 1 ? 's' : ''}`,
    );
    for (const verdict of verdicts) {
      const count = verdict.violations > 0 ? `, ${verdict.violations.toLocaleString('en')} violations` : '';
      lines.push(
        `  ${mark(verdict.verdict)} ${verdict.check}${count}${unclaimed(strategy, verdict.claimed, verdict.verdict)}`,
      );
      if (verdict.verdict !== 'pass') lines.push(...verdict.evidence.map((line) => `      ${line}`));
    }
    violated ||= verdicts.some(isViolation);
    invalid ||= verdicts.some(isInvalid);
  }
  await print(`${lines.join('\n')}\n`);
  return violated ? exitCodes.violation : invalid ? exitCodes.invalid : exitCodes.ok;
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
