/** The lines that reports share. */
import { platformText, topologyText, type CaseResult, type CaseVerdict, type ContestantResult } from './results.js';

export const verdictOrder: readonly CaseVerdict[] = ['fail', 'error', 'not-claimed', 'not-applicable', 'pass'];

/** `redlock on ioredis, 5 masters`: no two of a document share it. */
export function contestantText(result: ContestantResult): string {
  return `${result.strategy} on ${platformText(result)}, ${topologyText(result.topology)}`;
}

export function countsText({ cases }: ContestantResult): string {
  const count = (verdict: CaseVerdict): number => cases.filter((one) => one.verdict === verdict).length;
  const parts = [
    `${count('pass')} pass`,
    `${count('fail')} fail`,
    `${count('not-claimed')} not claimed`,
    `${count('not-applicable')} not applicable`,
  ];
  return [...parts, ...(count('error') > 0 ? [`${count('error')} not tested (error of the suite)`] : [])].join(', ');
}

/** What is behind a verdict other than pass, in words. */
export function reasonText({ verdict, fails, evidence, missingClaims }: CaseResult): string {
  if (verdict !== 'not-claimed') return evidence;
  return `does not claim ${missingClaims.join(', ')}; ${fails ? `fails: ${evidence}` : 'behaves so all the same'}`;
}
