/** The faults of a plan: each known, aimed at servers that are there, and possible for every contestant that has servers. */
import type { Fault, FaultPlan, OptionValue, Persistence, StrategyPlan } from '../contract/index.js';
import { persistenceOf } from '../faults/persistence.js';
import { targetOf } from '../faults/targets.js';
import type { Catalogue } from './catalogue.js';
import { parseFault, splitFaults, type FaultText } from './fault-text.js';
import { parseField } from './parse-field.js';
import type { Problems } from './problems.js';

/** Where nothing is said: when the load has settled. */
const defaultStartMs = 1000;

export interface ChosenFault {
  readonly plan: FaultPlan;
  readonly fault: Fault;
}

export function resolveFaults(text: string, catalogue: Catalogue, problems: Problems): ChosenFault[] {
  return splitFaults(text).flatMap((one) => {
    const parsed = parseFault(one);
    if ('expected' in parsed) {
      problems.add('--fault', one, parsed.expected);
      return [];
    }
    const fault = catalogue.faults.find(({ name }) => name === parsed.name);
    if (fault === undefined) {
      const names = catalogue.faults.map(({ name }) => name);
      problems.unknown('--fault', parsed.name, 'fault', names);
      return [];
    }
    return [{ fault, plan: planOf(one, parsed, fault, problems) }];
  });
}

function planOf(text: string, parsed: FaultText, fault: Fault, problems: Problems): FaultPlan {
  if (fault.hits === 'contender' && parsed.target !== null)
    problems.add('--fault', text, `${fault.name} without a target: it hits a contender, drawn from the seed`);
  if (parsed.event !== null && fault.events === undefined)
    problems.add('--fault', text, `a time: ${fault.name} chooses the moment after it itself`);
  if (parsed.event !== null && fault.events?.includes(parsed.event) === false)
    problems.add('--fault', text, `@${fault.events.join(' or @')} for ${fault.name}`);
  if (parsed.durationMs !== null && fault.instant === true)
    problems.add('--fault', text, `${fault.name} without a duration: it is over as soon as it has struck`);
  const options: Record<string, OptionValue> = Object.fromEntries(
    Object.entries(fault.options).map(([key, field]) => [key, field.default]),
  );
  for (const [key, value] of parsed.settings) {
    const field = fault.options[key];
    if (field === undefined) {
      problems.unknown(`--fault ${fault.name},${key}`, key, `option of ${fault.name}`, Object.keys(fault.options));
      continue;
    }
    const read = parseField(field, value);
    if ('value' in read) options[key] = read.value;
    else problems.add(`--fault ${fault.name},${key}`, value, read.expected);
  }
  return {
    text,
    name: fault.name,
    target: parsed.target ?? fault.defaultTarget,
    startMs: parsed.startMs ?? (parsed.event === null ? defaultStartMs : 0),
    event: parsed.event ?? fault.events?.[0] ?? null,
    nth: parsed.nth,
    durationMs: parsed.durationMs,
    options,
  };
}

/** Whether every contestant with servers can be hit by every fault. The control without servers is left in peace. */
export function checkFaults(
  chosen: readonly ChosenFault[],
  strategies: readonly StrategyPlan[],
  run: { readonly servers: string; readonly persistence: Persistence; readonly workers: number },
  problems: Problems,
): void {
  for (const { fault, plan } of chosen) {
    if (fault.needs.ownServers === true && (run.servers === 'external' || run.servers === 'container'))
      problems.refuse('--fault', plan.text, `${run.servers} servers are not ours to stop, kill or configure`);
    if (fault.hits === 'contender' && run.workers < 2)
      problems.add(
        '--workers',
        String(run.workers),
        `at least 2 for ${fault.name}: whom it hits stands still as a whole`,
      );
    if (fault.hits === 'replication' && fault.clients === 'one' && run.workers < 2)
      problems.add(
        '--workers',
        String(run.workers),
        `at least 2 for ${fault.name}: one for each side of the partition`,
      );
  }
  const promotion = chosen.find(({ fault }) => fault.hits === 'replication');
  const beside = chosen.find((one) => one !== promotion && one.fault.hits !== 'contender');
  if (promotion !== undefined && beside !== undefined)
    problems.refuse('--fault', beside.plan.text, `after ${promotion.fault.name} the roles of the servers are others`);
  for (const { engine, topology, label } of strategies) {
    if (topology.kind === 'none') continue;
    const taken = new Set<number>();
    for (const { fault, plan } of chosen) {
      const foreign = fault.engines?.includes(engine) === false;
      const why = foreign
        ? `it is a fault of ${fault.engines!.join(', ')}, and not of ${engine}`
        : (fault.refuses?.({ topology, persistence: persistenceOf(engine, run.persistence) }) ?? null);
      if (why !== null) {
        problems.refuse('--fault', plan.text, `${why} (for ${label})`);
        continue;
      }
      if (fault.hits === 'contender' || fault.hits === 'replication') continue;
      const target = targetOf(plan.target, topology, taken, (indices) => indices);
      if ('wrong' in target) problems.add('--fault', plan.text, `${target.wrong} (for ${label})`);
      else if (target.servers !== 'leader') for (const index of target.servers) taken.add(index);
      if ('clients' in target && target.clients !== null && fault.hits !== 'network')
        problems.add(
          '--fault',
          plan.text,
          `a target without /${target.clients}: ${fault.name} hits servers, not ways to them`,
        );
    }
  }
}
