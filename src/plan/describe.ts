/** A plan in the words of the header. */
import type { Plan } from '../contract/index.js';
import { formatSettingMs } from '../base/units.js';
import { formatRetry } from './retry-text.js';

export function describePlan(plan: Plan): string[] {
  const contenders = plan.workers * plan.contenders;
  const load =
    plan.rateHz === null ? `closed loop, think ${formatSettingMs(plan.thinkMs)}` : `${plan.rateHz} arrivals/s`;
  const length = plan.operations === null ? formatSettingMs(plan.durationMs) : `${plan.operations} grants`;
  const keys = plan.keys === 1 ? 'one key' : `${plan.keys} keys (${plan.keyChoice})`;
  const retries = [...new Set(plan.strategies.map((strategy) => formatRetry(strategy.retry)))].join(', ');
  return [
    `seed ${plan.seed}: ${plan.strategies.map((strategy) => strategy.label).join(', ')}`,
    `${contenders} contenders in ${plan.workers} ${plan.isolate === 'process' ? 'processes' : 'threads'}, ${keys}, ${load}, ${plan.workload} ${formatSettingMs(plan.holdMs)}, ${plan.holder} holder`,
    `ttl ${formatSettingMs(plan.ttlMs)}, wait ${formatSettingMs(plan.waitMs)}, retry ${retries}; ${formatSettingMs(plan.warmupMs)} warm-up, ${length} measured${plan.repeat > 1 ? `, ${plan.repeat} ${plan.trials ? 'trials' : 'rounds'}` : ''}`,
    ...(plan.extendEveryMs === null
      ? []
      : [`held leases extended every ${formatSettingMs(plan.extendEveryMs)}, ${limits(plan)} at most`]),
    ...(plan.faults.length > 0 ? [`faults: ${plan.faults.map(({ text }) => text).join(', ')}`] : []),
    ...(plan.thresholds.length > 0
      ? [
          `thresholds: ${plan.thresholds.map(({ text }) => text).join(', ')}${plan.abortOnFail ? '; ends early when one cannot be met' : ''}`,
        ]
      : []),
    ...(plan.latencyMs.length > 0
      ? [`standing latency: ${plan.latencyMs.map((ms) => formatSettingMs(ms)).join(', ')}`]
      : []),
  ];
}

/** "10 times"; by design where their limits differ. */
function limits({ strategies, maxExtensions }: Plan): string {
  const each = strategies.map(({ options }) => options['maxExtensions'] ?? maxExtensions);
  return `${[...new Set(each)].join(' or ')} times`;
}
