/** One strategy, on one client, on one topology: what the suite is run over, as plain data that goes to another process. */
import { listPlugins } from '../base/plugins.js';
import type { StrategyPlan } from '../contract/index.js';
import type { LabKind } from './lab.js';
import type { CaseGroup, ConformCase } from './types.js';

export type Contestant = Pick<
  StrategyPlan,
  'label' | 'name' | 'file' | 'options' | 'engine' | 'client' | 'topology' | 'claims' | 'retry'
>;

export interface Assignment {
  readonly contestant: Contestant;
  /** Names of cases, in the order in which they are run. */
  readonly cases: readonly string[];
  readonly servers: LabKind;
  readonly image: string;
}

/** Without this nothing else can be judged, so it comes first. */
export const firstCase = 'grants-a-free-lock';

export async function listCases(): Promise<readonly ConformCase[]> {
  const groups = await listPlugins<CaseGroup>('conformance case');
  const cases = groups.flatMap((group) => group.cases);
  return [...cases.filter(({ name }) => name === firstCase), ...cases.filter(({ name }) => name !== firstCase)];
}
