/** What one round is about. */
import type { Fault, LoadShape, Plan, StrategyPlan, Workload } from '../contract/index.js';
import type { Provisioned } from '../servers/provision.js';
import type { Recruit } from './member.js';
import type { Observer } from './observer.js';

export interface RoundSpec {
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly round: number;
  readonly workload: Workload;
  readonly shape: LoadShape;
  readonly historyFolder: string;
  readonly servers: Provisioned;
  /** As many as the plan has workers. */
  readonly recruits: readonly Recruit[];
  /** Those that the plan names, at least. */
  readonly faults: readonly Fault[];
  readonly observer: Observer;
  readonly signal: AbortSignal;
  /** Whether so many double grants in this round make an end of it. */
  readonly hopeless: (doubleGrants: number) => boolean;
}
