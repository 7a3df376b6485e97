/**
 * What casts doubt on the figures themselves: an incomplete run, incidents, errors, a generator or a machine at its limit. That an
 * arrival rate was not reached is among the warnings of the result itself, for it sets the exit code.
 */
import type { Resources, Result, RunResult } from '../contract/index.js';
import { exitCodes } from '../contract/index.js';
import { formatCount, formatPercent, formatUs } from '../base/units.js';
import type { Word } from './words.js';

const runQueueWaitLimit = 0.1;
const machineBusyLimit = 0.9;
/** Beyond it, the measurer's own turn shows in every latency. */
const eventLoopDelayLimitUs = 20_000;
/** A share of the response beyond which the send delay is worth a warning. */
const sendDelayRatio = 0.25;

export function validityWords(result: Result): Word[] {
  const { runs } = result;
  return [
    ...partialWords(result),
    ...result.warnings.map(warning),
    ...runs.flatMap(incidentWords),
    ...runs.flatMap(errorWords),
    ...generatorWords(runs),
    ...paceWords(runs),
    ...machineWords(runs),
    ...serverWords(runs),
    ...eventLoopWords(runs),
  ];
}

function partialWords({ partial, endedEarly, exitCode }: Result): Word[] {
  if (!partial) return [];
  if (endedEarly !== null)
    return [warning(`partial result: ${endedEarly}; the figures are of what was measured until then`)];
  const interrupted = exitCode === exitCodes.interrupted || exitCode === exitCodes.terminated;
  const why = interrupted
    ? 'the run was interrupted'
    : 'a worker or too many servers were lost, or the run ended early';
  return [warning(`partial result: ${why}; the figures are of what was measured until then`)];
}

function incidentWords({ strategy, incidents }: RunResult): Word[] {
  return incidents.map((incident) => warning(`${strategy}: ${incident}`));
}

function errorWords({ strategy, errors, unknown }: RunResult): Word[] {
  const codes = Object.entries(errors)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const words: Word[] = [];
  if (codes.length > 0) {
    words.push(
      warning(`${strategy}: errors ${codes.map(([code, count]) => `${code} ${formatCount(count)}`).join(', ')}`),
    );
  }
  if (unknown > 0) {
    words.push(
      warning(
        `${strategy}: ${formatCount(unknown)} acquires of unknown outcome (the answer did not come); counted neither as granted nor as refused`,
      ),
    );
  }
  return words;
}

function generatorWords(runs: readonly RunResult[]): Word[] {
  const limited = runs.filter(({ resources }) => resources.limitedBy === 'generator');
  const told = (of: readonly RunResult[]): string => listed(of, ({ generatorUsPerCycle: us }) => cpu(us));
  const closed = limited.filter(({ load }) => load.targetHz === null);
  const open = limited.filter(({ load }) => load.targetHz !== null);
  const words: Word[] = [];
  if (closed.length > 0) {
    words.push(
      warning(
        `the load generator was saturated: ${told(closed)}. In a closed loop latency is then contenders divided by ` +
          'throughput: compare latencies at a common --rate instead',
      ),
    );
  }
  if (open.length > 0) {
    words.push(
      warning(`the load generator was saturated at this rate: ${told(open)}. Its own queues are in the latencies`),
    );
  }
  return words;
}

/** Under an arrival rate a late timer of ours counts as waiting for the lock. */
function paceWords(runs: readonly RunResult[]): Word[] {
  const late = runs.filter(({ load, latencyUs: { sendDelay, response } }) => {
    return load.targetHz !== null && (sendDelay.p50 ?? 0) > sendDelayRatio * (response.p50 ?? Infinity);
  });
  if (late.length === 0) return [];
  const told = late.map(({ strategy, latencyUs: { sendDelay, response, service } }) => {
    const parts = [
      `send delay p50 ${formatUs(sendDelay.p50)}`,
      `response ${formatUs(response.p50)}`,
      `service ${formatUs(service.p50)}`,
    ];
    return `${strategy} (${parts.join(', ')})`;
  });
  return [warning(`operations started late, by our own timers or for want of free contenders: ${told.join('; ')}`)];
}

function machineWords(runs: readonly RunResult[]): Word[] {
  const crowded = runs.filter(
    ({ resources: { limitedBy, runQueueWaitRatio, machineBusyRatio } }) =>
      limitedBy === 'machine' ||
      (runQueueWaitRatio ?? 0) >= runQueueWaitLimit ||
      (machineBusyRatio ?? 0) >= machineBusyLimit,
  );
  if (crowded.length === 0) return [];
  const told = listed(crowded, ({ machineBusyRatio, runQueueWaitRatio }) =>
    [
      ...(machineBusyRatio === null ? [] : [`machine ${formatPercent(machineBusyRatio, 2)} busy`]),
      ...(runQueueWaitRatio === null ? [] : [`${formatPercent(runQueueWaitRatio, 2)} of the time waiting for a core`]),
    ].join(', '),
  );
  return [
    warning(`load and servers share the cores: ${told}. The figures tell of this machine as much as of the lock`),
  ];
}

function serverWords(runs: readonly RunResult[]): Word[] {
  const limited = runs.filter(({ resources }) => resources.limitedBy === 'server');
  if (limited.length === 0) return [];
  const told = listed(limited, ({ serverUsPerCycle: us }) => cpu(us));
  return [{ level: 'note', text: `the servers were saturated: ${told}` }];
}

function eventLoopWords(runs: readonly RunResult[]): Word[] {
  const slow = runs.filter(({ resources }) => (resources.eventLoopDelayUsP99 ?? 0) >= eventLoopDelayLimitUs);
  if (slow.length === 0) return [];
  const told = listed(slow, ({ eventLoopDelayUsP99: us }) => `p99 ${formatUs(us)}`);
  return [warning(`the workers' event loops were late, and every latency with them: ${told}`)];
}

/** `none (12.3us of CPU per grant), single (...)` */
function listed(runs: readonly RunResult[], figureOf: (resources: Resources) => string): string {
  return runs
    .map(({ strategy, resources }) => {
      const figure = figureOf(resources);
      return figure === '' ? strategy : `${strategy} (${figure})`;
    })
    .join(', ');
}

function cpu(us: number | null): string {
  return us === null ? '' : `${formatUs(us)} of CPU per grant`;
}

function warning(text: string): Word {
  return { level: 'warning', text };
}
