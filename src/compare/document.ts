/** `compare.json`, what `--format json` prints: a public interface of its own. A change of meaning raises its schemaVersion. */
import { exitCodes, type Environment } from '../contract/index.js';
import type { ChangeVerdict } from '../stats/verdict.js';
import type { Exact } from './exact.js';
import type { Floor, Metric, MetricName } from './judge.js';
import type { Generation } from './measured.js';
import type { Noise } from './noise.js';
import type { ComparePlan, Design, Side } from './plan.js';

export const compareSchemaVersion = 1;

export type OverallVerdict = ChangeVerdict | 'invalid';

/** The second run that an alarm must pass. */
export interface Confirmation {
  readonly alarmed: readonly MetricName[];
  readonly confirmed: boolean;
  /** Of the second run. */
  readonly generations: number;
  /** Of both runs together. */
  readonly metrics: readonly Metric[];
}

export interface CompareDocument {
  readonly schemaVersion: typeof compareSchemaVersion;
  readonly kind: 'compare' | 'calibrate';
  readonly seed: number;
  readonly startedAt: string;
  readonly folder: string | null;
  /** Interrupted, or ended early. */
  readonly partial: boolean;
  readonly exitCode: number;
  /** `--inconclusive fail`. */
  readonly inconclusiveFails: boolean;
  readonly verdict: OverallVerdict;
  /** Why it is invalid; empty otherwise. */
  readonly invalid: readonly string[];
  readonly plan: ComparePlan;
  readonly design: Design;
  readonly sharedServers: boolean;
  readonly floor: Floor;
  readonly metrics: readonly Metric[];
  readonly exact: Exact;
  readonly noise: Noise;
  readonly confirmation: Confirmation | null;
  readonly warnings: readonly string[];
  readonly clientOptions: Readonly<Record<Side, Readonly<Record<string, unknown>>>>;
  readonly environment: Environment;
  readonly generations: readonly Generation[];
  /** Of the confirming run. */
  readonly confirming: readonly Generation[];
}

export interface Ending {
  readonly verdict: OverallVerdict;
  readonly candidateViolations: number;
  /** What an interrupted run exits with; null: it was not. */
  readonly interrupted: number | null;
  readonly inconclusiveFails: boolean;
}

/**
 * Violations before an invalid run, and that before a regression. Those of the baseline are told and no more: a candidate that
 * mends them must not fail for it.
 */
export function exitCodeOf({ verdict, candidateViolations, interrupted, inconclusiveFails }: Ending): number {
  if (interrupted !== null) return interrupted;
  if (candidateViolations > 0) return exitCodes.violation;
  if (verdict === 'invalid') return exitCodes.invalid;
  if (verdict === 'regression' || (verdict === 'inconclusive' && inconclusiveFails)) return exitCodes.threshold;
  return exitCodes.ok;
}
