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

/** How soon the lock was itself again. */
function after({ startedMs, healedMs, firstGrantMs, recoveredMs }: FaultRecord, run: RunResult): string {
  const since = healedMs === startedMs ? 'it' : 'healing';
  if (healedMs === null) return 'it was not healed within the window';
  if (healedMs >= windowMs(run)) return 'healed when the window had closed, so what came after was not measured';
  if (firstGrantMs === null) return `no grant after ${since} within the window`;
  const rate =
    recoveredMs === null
      ? '95 % of the rate before not seen again within the window'
      : `95 % of the rate before after ${formatMs(recoveredMs)}`;
  return `first grant ${formatMs(firstGrantMs)} after ${since}, ${rate}`;
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
  const first = faults.flatMap(({ firstGrantMs }) => firstGrantMs ?? []);
  const recovered = faults.flatMap(({ recoveredMs }) => recoveredMs ?? []);
  if (first.length === 0) return faults.length === 0 ? [] : ['no grant after healing within the window'];
  const missing = faults.length - recovered.length;
  return [
    `first grant ${range(first)} after healing`,
    ...(recovered.length > 0 ? [`95 % of the rate before after ${range(recovered)}`] : []),
    ...(missing > 0
      ? [`that rate not seen again within the window in ${missing} ${plural(missing, rounds.slice(0, -1))}`]
      : []),
  ];
}
