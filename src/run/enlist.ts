/** Workers for one round, started before its servers are: both take about as long, and neither needs the other yet. */
import type { Isolate, Plan } from '../contract/index.js';
import type { Errand } from '../worker/protocol.js';
import type { Recruit } from './member.js';
import { enlistProcess } from './process-member.js';
import { enlistThread } from './thread-member.js';

const ways: Readonly<Record<Isolate, (errand: Errand) => Recruit>> = { thread: enlistThread, process: enlistProcess };

export function enlist(
  { workers, isolate, load, workload }: Pick<Plan, 'workers' | 'isolate' | 'load' | 'workload'>,
  { name, file, engine, client }: Errand['strategy'],
): readonly Recruit[] {
  const errand: Errand = { strategy: { name, file, engine, client }, load, workload };
  return Array.from({ length: workers }, () => ways[isolate](errand));
}

export async function dismiss(recruits: readonly Recruit[]): Promise<void> {
  await Promise.all(recruits.map((recruit) => recruit.kill()));
}
