/** What was done to each contestant, told one fault a line: where it struck, when, what came of it, and what came after. */
import type { FaultEvent, FaultRecord, Result, RunResult } from '../contract/index.js';
import { formatMs } from '../base/units.js';
import type { Fact } from './facts.js';
import { plural } from './text.js';

const events: Readonly<Record<FaultEvent, string>> = {
  'acquire-sent': 'when an acquire had been sent',
  granted: 'when somebody had been let in',
  checked: 'when a holder had found its lease valid',
  'extend-sent': 'when an extension had been sent',
};

/** One fault of the plan, as it went in each round. */
export type Repeated = readonly [FaultRecord, ...FaultRecord[]];

/** Each round records the faults of the plan in their order. */
export function repeatedFaults({ faults }: RunResult): readonly Repeated[] {
  const rounds = new Map<number, FaultRecord[]>();
  for (const fault of faults) rounds.set(fault.round, [...(rounds.get(fault.round) ?? []), fault]);
  const [first = [], ...others] = rounds.values();
  return first.map((fault, at) => [fault, ...others.flatMap((round) => round.at(at) ?? [])]);
}

/** Of the round that the series is of. */
export function drawnFaults({ faults, seriesRound }: RunResult): readonly FaultRecord[] {
  return faults.filter(({ round }) => round === seriesRound);
}

export function faultFacts({ runs }: Pick<Result, 'runs'>): readonly Fact[] {
  return runs.flatMap((run) =>
    repeatedFaults(run).map((fault) => ({
      labels: [run.strategy],
      text: fault.length === 1 ? once(fault[0], run) : overRounds(fault, run),
    })),
  );
}

/** `cut on master 2, master 4` */
export function faultName({ name, target }: FaultRecord): string {
  return target === '' ? name : `${name} on ${target}`;
}

/** Why it had none, without the rest of what was done. */
export function whyWithoutEffect({ what }: FaultRecord): string {
  return /no effect: ([^;]+)/.exec(what)?.[1] ?? (what === '' ? 'no reason was recorded' : what);
}

function once(fault: FaultRecord, run: RunResult): string {
  const { what, unhealthy } = fault;
  const told = [
    [when(fault), ...(what === '' ? [] : [what])].join(': '),
    ...(fault.startedMs !== null && fault.effective ? [after(fault, run)] : []),
    ...(unhealthy.length > 0 ? [`afterwards ${unhealthy.join(', ')} did not answer`] : []),
  ];
  return `${faultName(fault)} ${told.join('; ')}`;
}

function when({ intendedMs, event, startedMs, healedMs }: FaultRecord): string {
  const intended = formatMs(intendedMs);
  const meant = event === null ? `meant for ${intended}` : `meant for after ${intended}, ${events[event]}`;
  if (startedMs === null) return `(${meant}) never struck`;
  const asMeant = event === null && formatMs(startedMs) === formatMs(intendedMs);
  const struck = `struck at ${formatMs(startedMs)}${asMeant ? ' as meant' : ` (${meant})`}`;
  return healedMs === null || healedMs - startedMs < 1 ? struck : `${struck}, was healed at ${formatMs(healedMs)}`;
}

/** Shorter times without a grant are none. */
const gapMs = 100;

/** What it did to the flow of grants. */
function after(fault: FaultRecord, run: RunResult): string {
  const { startedMs, healedMs, longestGap, firstGrantMs, dipped, recoveredMs, keptInside } = fault;
  const instant = healedMs !== null && healedMs - startedMs! < 1;
  const healed = healedMs !== null && healedMs < windowMs(run);
  const since = instant ? 'it' : 'healing';
  const back = `95 % of the rate before ${recoveredMs === null ? 'not seen again within the window' : `${formatMs(recoveredMs)} after ${since}`}`;
  return [
    ...(keptInside === null ? [] : [`${keptInside.name} was kept inside for it until ${formatMs(keptInside.untilMs)}`]),
    ...(longestGap === null ? [] : [gapText(longestGap)]),
    ...(firstGrantMs === null ? [] : [`first grant ${formatMs(firstGrantMs)} after ${since}`]),
    ...(dipped && healed ? [back] : []),
    ...(healed ? [] : ['not healed within the window']),
  ].join('; ');
}

function gapText({ ms, untilMs }: NonNullable<FaultRecord['longestGap']>): string {
  if (untilMs === null && ms > gapMs) return `nothing was granted in the last ${formatMs(ms)} of the window`;
  return `longest time without a grant from then on ${formatMs(ms)}`;
}

/** Of one round; with repeats the sum is kept. */
function windowMs({ durationMs, repeats }: RunResult): number {
  return durationMs / Math.max(1, repeats.length);
}

function overRounds(faults: Repeated, run: RunResult): string {
  const [{ name, intendedMs, event }] = faults;
  const rounds = `${run.trials === null ? 'round' : 'trial'}s`;
  const at = event === null ? `at ${formatMs(intendedMs)}` : `from ${formatMs(intendedMs)}, ${events[event]}`;
  const effective = faults.filter((fault) => fault.effective);
  const unhealthy = faults.filter((fault) => fault.unhealthy.length > 0).length;
  const told = [
    `had an effect in ${effective.length} of ${faults.length} ${rounds}`,
    ...afterRounds(effective, rounds),
    ...(unhealthy > 0
      ? [`in ${unhealthy} ${plural(unhealthy, rounds.slice(0, -1))} a server did not answer afterwards`]
      : []),
  ];
  return `${name} (${at}): ${told.join('; ')}`;
}

function afterRounds(faults: readonly FaultRecord[], rounds: string): readonly string[] {
  const range = (of: readonly number[]): string => {
    const [least, most] = [Math.min(...of), Math.max(...of)].map(formatMs);
    return least === most ? least : `${least}..${most}`;
  };
  const gaps = faults.flatMap(({ longestGap }) => longestGap?.ms ?? []);
  const first = faults.flatMap(({ firstGrantMs }) => firstGrantMs ?? []);
  const recovered = faults.flatMap(({ recoveredMs }) => recoveredMs ?? []);
  return [
    ...(gaps.length > 0 ? [`longest time without a grant from then on ${range(gaps)}`] : []),
    ...(first.length > 0 ? [`first grant ${range(first)} after healing`] : []),
    ...(recovered.length > 0
      ? [`95 % of the rate before ${range(recovered)} after healing in ${recovered.length} ${rounds}`]
      : []),
  ];
}
