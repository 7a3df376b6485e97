/** From what the contestants are called to plans of them, as a run would have it; and who is not to be had, and why. */
import { LockbenchError, type Plan, type StrategyPlan } from '../../src/contract/index.js';
import { formatSettingMs } from '../../src/base/units.js';
import { openCatalogue, type Catalogue, type RawOptions } from '../../src/plan/catalogue.js';
import { resolvePlan } from '../../src/plan/resolve.js';
import { isPath, parseStrategies } from '../../src/plan/strategy-text.js';
import type { Contestant } from './contestants.js';
import type { Group } from './groups.js';

export interface Rostered {
  readonly contestant: Contestant;
  /** Null: it is no design. */
  readonly design: { readonly plan: Plan; readonly strategy: StrategyPlan } | null;
}

export interface Roster {
  readonly present: readonly Rostered[];
  readonly absent: readonly { readonly label: string; readonly reason: string }[];
}

/** What every run of the yardstick has in common. Locks are held for no longer than a turn of the event loop. */
const common: RawOptions = { isolate: 'process', holder: 'guarded', workload: 'hold', hold: '0' };
/** Where thousands queue, a lease is not to end while it is asked for. */
const patient: RawOptions = { ttl: '30s' };

export async function rosterOf(
  { contestants, nodes, workers, patienceMs }: Group,
  catalogue: Catalogue,
  seed: number,
): Promise<Roster> {
  const present: Rostered[] = [];
  const absent: { label: string; reason: string }[] = [];
  for (const contestant of contestants) {
    const { label, kind, text, patience } = contestant;
    if (kind === 'server') {
      present.push({ contestant, design: null });
      continue;
    }
    const waits = patienceMs === null || patience === null ? '' : `,${patience}=${formatSettingMs(patienceMs)}`;
    const raw = {
      ...common,
      ...(patienceMs === null ? {} : patient),
      workers: String(workers),
      strategy: `${text}${waits}`,
      ...(nodes > 1 && kind !== 'harness' ? { nodes: String(nodes) } : {}),
    };
    try {
      const plan = resolvePlan(raw, catalogue, [], seed);
      present.push({ contestant, design: { plan, strategy: plan.strategies[0]! } });
    } catch (error) {
      if (!(error instanceof LockbenchError)) throw error;
      absent.push({ label, reason: error.message });
    }
  }
  return { present, absent };
}

/** With the designs that lie beside the yardstick. */
export function catalogueFor(groups: readonly Group[]): Promise<Catalogue> {
  const texts = groups.flatMap(({ contestants }) => contestants.filter(({ kind }) => kind !== 'server'));
  const names = texts.map(({ text }) => parseStrategies(text)[0]!.name);
  return openCatalogue([...new Set(names.filter(isPath))]);
}
