/** A lock design in processes of its own, each with the contenders of one worker. */
import { rmSync } from 'node:fs';
import type { Counters, Plan, StrategyPlan } from '../../src/contract/index.js';
import { nowNs } from '../../src/base/clock.js';
import type { NodeEndpoint } from '../../src/clients/endpoint.js';
import { Servant } from '../../src/compare/servant.js';
import { counterNames } from '../../src/record/counters.js';
import { openGrants } from '../../src/record/grant-files.js';
import { addHistogram } from '../../src/record/histogram.js';
import { chunkFile } from '../../src/record/store.js';
import type { Entrant } from './entrant.js';
import type { Load } from './groups.js';
import type { SliceFigures } from './measured.js';
import {
  keptLatencies,
  type LatencyCounts,
  type RunnerAnswer,
  type RunnerOrder,
  type SliceOrder,
  type SliceReport,
} from './protocol.js';
import { figuresOfRows } from './rows.js';

/** A design may take five seconds to open, and its connections as many. */
const answerMs = 15_000;
/** A process sets up its memory, its record, and the thread that paces it. */
const leadMs = 80;

export interface DesignSpec {
  readonly label: string;
  readonly plan: Plan;
  readonly strategy: StrategyPlan;
  readonly endpoints: readonly NodeEndpoint[];
  /** Whatever the load says: each contender on a key of its own. Nobody waits for anybody, and each cycle counts as a hand-off. */
  readonly apart: boolean;
  /** An empty folder for its records. */
  readonly folder: string;
  /** CPU time of the servers by now; null where it cannot be seen. */
  serversCpuNs(): number | null;
}

export class DesignEntrant implements Entrant {
  readonly label: string;
  readonly #runners: readonly Servant<RunnerOrder, RunnerAnswer>[];

  constructor(private readonly spec: DesignSpec) {
    this.label = spec.label;
    this.#runners = Array.from(
      { length: spec.plan.workers },
      () => new Servant(spec.label, new URL('./runner-main.js', import.meta.url)),
    );
  }

  async open(): Promise<Readonly<Record<string, unknown>>> {
    const { plan, strategy, endpoints } = this.spec;
    const answers = await Promise.all(
      this.#runners.map((runner, index) => {
        const spec = { plan, strategy, endpoints, index, file: this.#file(index) };
        return runner.ask({ kind: 'open', spec }, answerMs, 'opened');
      }),
    );
    return answers[0]!.clientOptions;
  }

  async slice({ load: asked, ...order }: Omit<SliceOrder, 'startNs' | 'windowNs'>): Promise<SliceFigures> {
    const { apart } = this.spec;
    const load: Load = apart ? { ...asked, keys: 'own' } : asked;
    const { sliceMs, discardRatio, contenders } = load;
    const startNs = nowNs() + leadMs * 1e6;
    const windowNs = [startNs + discardRatio * sliceMs * 1e6, startNs + sliceMs * 1e6] as const;
    const before = this.spec.serversCpuNs();
    const answers = await Promise.all(
      this.#runners.map((runner) =>
        runner.ask({ kind: 'run', order: { ...order, load, startNs, windowNs } }, sliceMs + answerMs, 'ran'),
      ),
    );
    const after = this.spec.serversCpuNs();
    const files = this.#runners.map((_, index) => ({ name: this.#file(index), from: this.#file(index) }));
    const history = openGrants(files).grants;
    const { grants, ...counted } = figuresOfRows(history, windowNs, this.#runners.length * contenders);
    const reports = answers.map(({ report }) => report);
    const perCycle = (ns: number | null): number | null => (ns === null || grants === 0 ? null : ns / 1000 / grants);
    return {
      ...counted,
      ...(apart ? { handoffs: counted.cycles } : {}),
      ...merged(reports),
      windowMs: (windowNs[1] - windowNs[0]) / 1e6,
      clientUs: perCycle(sum(reports.map(({ cpuNs }) => cpuNs))),
      serverUs: perCycle(before === null || after === null ? null : after - before),
    };
  }

  async totals(): Promise<ReadonlyMap<string, LatencyCounts>> {
    const [first, ...others] = await Promise.all(
      this.#runners.map((runner) => runner.ask({ kind: 'totals' }, answerMs, 'totals')),
    );
    for (const { totals } of others)
      for (const [load, counts] of totals)
        for (const name of keptLatencies) addHistogram(first!.totals.get(load)![name], counts[name]);
    return first!.totals;
  }

  async kill(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.kill()));
    rmSync(this.spec.folder, { recursive: true, force: true });
  }

  #file(index: number): string {
    return chunkFile(this.spec.folder, index);
  }
}

type Merged = Pick<SliceFigures, 'counters' | 'startedInWindow' | 'errors' | 'unsettled' | 'acquireP50Us'>;

function merged(reports: readonly SliceReport[]): Merged {
  const errors: Record<string, number> = {};
  for (const report of reports) {
    for (const [code, count] of Object.entries(report.errors)) errors[code] = (errors[code] ?? 0) + count;
    if (report.trouble !== null) errors[`records: ${report.trouble}`] = 1;
  }
  return {
    counters: Object.fromEntries(
      counterNames.map((name) => [name, sum(reports.map(({ counters }) => counters[name]))]),
    ) as unknown as Counters,
    startedInWindow: sum(reports.map(({ startedInWindow }) => startedInWindow)),
    errors,
    unsettled: sum(reports.map(({ unsettled }) => unsettled)),
    acquireP50Us: reports.length === 1 ? reports[0]!.acquireP50Us : null,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
