/** Where the workload's resource is, and what it enforces: in memory for speed, a process of its own where order matters. */
import type { Fencing, Isolate, ResourcePath, StrategyPlan, Workload } from '../contract/index.js';
import type { Problems } from './problems.js';

export function resolveResource(
  workload: Workload,
  strategies: readonly StrategyPlan[],
  wanted: { readonly path: 'memory' | 'server' | null; readonly fencing: Fencing },
  isolate: Isolate,
  faulty: boolean,
  problems: Problems,
): ResourcePath {
  const { path, fencing } = wanted;
  if (workload.harm === null) {
    if (path !== null) problems.refuse('--resource', path, `the workload ${workload.name} protects nothing but time`);
    if (fencing !== 'off')
      problems.refuse('--fencing', fencing, `the workload ${workload.name} protects nothing but time`);
    return 'none';
  }
  const needsServer = [
    ...(workload.oneItem ? [] : [`the workload ${workload.name} has more than one item`]),
    ...(isolate === 'process' ? ['workers in processes share no memory'] : []),
    ...(faulty ? ['under faults the order of arrival is the evidence'] : []),
    ...(fencing === 'off' ? [] : ['only it can refuse an old token']),
  ];
  if (path === 'memory' && needsServer.length > 0)
    problems.refuse('--resource', path, `it must be server: ${needsServer[0]}`);
  if (fencing !== 'off') {
    for (const { label, claims } of strategies) {
      if (claims.fences !== true)
        problems.refuse(
          '--fencing',
          fencing,
          `${label} mints no fencing tokens; run it by itself, beside designs that do (bench list) it cannot be fenced`,
        );
    }
  }
  return path ?? (needsServer.length > 0 ? 'server' : 'memory');
}
