/** What every plug-in must have, whatever is found in its folder. */
import { beforeAll, describe, expect, it } from 'vitest';
import type {
  Check,
  DocumentReporter,
  LoadShape,
  LockStrategy,
  Reporter,
  Topology,
  Workload,
} from './contract/index.js';
import { listPlugins, loadPlugin, loadPluginFile, nearest } from './base/plugins.js';
import { nowMs } from './base/clock.js';
import { seededRandom } from './base/random.js';
import { openCatalogue } from './plan/catalogue.js';
import { parseField, showDefault } from './plan/parse-field.js';
import { resolvePlan } from './plan/resolve.js';
import type { RawOptions } from './plan/catalogue.js';
import { historyOf, verdictOf } from './check/testing.js';

const topologies: Readonly<Record<Topology['kind'], Topology>> = {
  none: { kind: 'none', nodes: 0, replicas: 0 },
  single: { kind: 'single', nodes: 1, replicas: 0 },
  quorum: { kind: 'quorum', nodes: 5, replicas: 0 },
  replicated: { kind: 'replicated', nodes: 1, replicas: 2 },
  sentinel: { kind: 'sentinel', nodes: 1, replicas: 2 },
  cluster: { kind: 'cluster', nodes: 3, replicas: 0 },
};

const [strategies, workloads, shapes, checks, reporters, comparisonReports, conformanceReports, scenarios] =
  await Promise.all([
    listPlugins<LockStrategy>('strategy'),
    listPlugins<Workload>('workload'),
    listPlugins<LoadShape>('load shape'),
    listPlugins<Check>('check'),
    listPlugins<Reporter>('reporter'),
    listPlugins<DocumentReporter<never>>('report of a comparison'),
    listPlugins<DocumentReporter<never>>('report of conformance'),
    listPlugins<{ name: string; help: string; options: RawOptions }>('scenario'),
  ]);

describe('plug-ins', () => {
  it('are found', () => {
    expect(strategies.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['none', 'setnx', 'single', 'single-del', 'failover', 'redlock']),
    );
    expect(workloads.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hold', 'counter', 'inventory', 'payments', 'scheduler', 'dedup', 'cache-fill']),
    );
    expect(shapes.map(({ name }) => name)).toEqual(expect.arrayContaining(['closed', 'rate']));
    expect(reporters.map(({ name }) => name)).toEqual(expect.arrayContaining(['table', 'json', 'markdown', 'csv']));
  });

  it('put each document into the forms that CI takes, under the names of a run', () => {
    const names = (found: readonly { readonly name: string }[]): string[] => found.map(({ name }) => name);
    expect(names(comparisonReports)).toEqual(expect.arrayContaining(names(conformanceReports)));
    expect(names(reporters)).toEqual(expect.arrayContaining(names(comparisonReports)));
    expect(names(conformanceReports)).toEqual(['github', 'json', 'junit', 'markdown', 'table']);
  });

  it.each(
    [
      ...strategies,
      ...workloads,
      ...shapes,
      ...checks,
      ...reporters,
      ...comparisonReports,
      ...conformanceReports,
      ...scenarios,
    ].map((one) => [one.name, one.help]),
  )('%s says in one line what it is for', (_, help) => expect(help).toMatch(/^.{10,110}$/));

  it('suggest the nearest name for a mistyped one', async () => {
    expect(nearest('redlok', ['redlock', 'single'])).toEqual(['redlock']);
    await expect(loadPlugin('strategy', 'redlok')).rejects.toThrow('there is no strategy "redlok"');
  });

  it('from a file must exist and export a default', async () => {
    await expect(loadPluginFile('strategy', '/nowhere/lock.js')).rejects.toMatchObject({ code: 'BAD_PLUGIN' });
  });
});

describe.each(strategies.map((strategy) => [strategy.name, strategy] as const))('strategy %s', (_, strategy) => {
  it('judges its default options on its topology', () => {
    const defaults = Object.fromEntries(Object.entries(strategy.options).map(([key, field]) => [key, field.default]));
    expect(strategy.judge(defaults, topologies[strategy.topology])).toHaveProperty('claims');
  });

  it('declares options whose defaults are within their own range', () => {
    for (const field of Object.values(strategy.options)) {
      expect(parseField(field, showDefault(field))).toEqual({ value: field.default });
      expect(field.help.length).toBeGreaterThan(10);
    }
  });
});

describe.each(shapes.map((shape) => [shape.name, shape] as const))('load shape %s', (_, shape) => {
  it('never goes back in time, and starts no operation before the start', () => {
    const spec = { rateHz: 1000, thinkMs: 5, workers: 2, workerIndex: 1, startMs: 100, random: seededRandom(1) };
    const arrivals = shape.arrivals(spec);
    let last = 100;
    for (let i = 0; i < 100; i += 1) {
      const next = arrivals.nextMs(last);
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
  });
});

describe('load shape rate', () => {
  it('gives all workers together the rate, and names the arrivals that nobody took', () => {
    const rate = shapes.find(({ name }) => name === 'rate')!;
    const schedules = [0, 1].map((workerIndex) =>
      rate.arrivals({ rateHz: 100, thinkMs: 0, workers: 2, workerIndex, startMs: 0, random: seededRandom(1) }),
    );
    expect(schedules.map((one) => one.nextMs(500))).toEqual([0, 10]);
    expect(schedules.map((one) => one.nextMs(500))).toEqual([20, 30]);
    expect(schedules[0].missed(100)).toEqual([40, 60, 80]);
  });
});

/** A resource that remembers which values were written to which items, and a clock that stands still until it is moved. */
class WorkloadWorld {
  readonly items = new Map<number, number>();
  readonly pairs: string[] = [];
  atMs = 100_000;
  pauses = 0;
  operations = 0;
  operationsAllowed = Infinity;
  refusing = false;

  constructor(private readonly workload: Workload) {}

  get twice(): number {
    return this.pairs.length - new Set(this.pairs).size;
  }

  section(): Promise<number> {
    return this.workload.section(this.#resource, this.#guard, { holdMs: 1, nowMs: () => this.atMs });
  }

  readonly #guard = {
    mayProceed: () => this.operations < this.operationsAllowed,
    pause: () => {
      this.pauses += 1;
      return new Promise<void>((resolve) => setImmediate(resolve));
    },
  };

  readonly #resource = {
    read: (item: number) => {
      this.operations += 1;
      return this.refusing ? null : (this.items.get(item) ?? 0);
    },
    write: (item: number, value: number) => {
      this.operations += 1;
      if (this.refusing) return false;
      this.items.set(item, value);
      this.pairs.push(`${item} ${value}`);
      return true;
    },
  };
}

describe.each(workloads.map((workload) => [workload.name, workload] as const))('workload %s', (_, workload) => {
  it('yields inside the lock, and a guarded section without a lease changes nothing', async () => {
    const items = new Map<number, number>();
    const resource = {
      read: (item: number) => items.get(item) ?? 0,
      write: (item: number, value: number) => {
        items.set(item, value);
        return true;
      },
    };
    const visit = { holdMs: 1, nowMs };
    let yields = 0;
    const guard = (may: boolean) => ({
      mayProceed: () => may,
      pause: () => {
        yields += 1;
        return Promise.resolve();
      },
    });
    await workload.section(resource, guard(true), visit);
    expect(yields).toBeGreaterThan(0);
    const before = [...items];
    expect(await workload.section(resource, guard(false), visit)).toBe(0);
    expect([...items]).toEqual(before);
  });

  if (workload.harm === null) return;

  it('never writes a value to an item twice when one section follows another', async () => {
    const world = new WorkloadWorld(workload);
    let made = 0;
    for (let i = 0; i < 500; i += 1) {
      world.atMs += 7;
      const { pauses } = world;
      made += await world.section();
      expect(world.pauses).toBeGreaterThan(pauses);
    }
    expect(world.pairs.length).toBeGreaterThan(20);
    expect(world.twice).toBe(0);
    // What it believes is what it wrote; in shared memory, where there is no record, the value alone must tell.
    expect(made).toBe(world.pairs.length);
    if (workload.oneItem) expect([...world.items]).toEqual([[0, made]]);
  });

  it('writes some value twice when two are inside at once: else it could show nothing', async () => {
    const world = new WorkloadWorld(workload);
    for (let i = 0; i < 50; i += 1) {
      world.atMs += 7;
      await Promise.all([world.section(), world.section()]);
    }
    expect(world.twice).toBeGreaterThan(0);
    if (workload.oneItem) expect(world.items.get(0)).toBeLessThan(world.pairs.length);
  });

  it('asks before every operation, and stops at once when it is refused', async () => {
    for (const { length } of Array.from({ length: 3 }, (_, n) => ({ length: n + 1 }))) {
      const world = new WorkloadWorld(workload);
      world.operationsAllowed = length;
      await world.section();
      expect(world.operations).toBeLessThanOrEqual(length);
    }
    const refusing = new WorkloadWorld(workload);
    refusing.refusing = true;
    expect(await refusing.section()).toBe(0);
    expect(refusing.operations).toBe(1);
  });
});

describe.each(checks.map((check) => [check.name, check] as const))('check %s', (_, check) => {
  it('gives its own name, and is undecided or passes on a history of nothing', () => {
    const verdict = verdictOf(check, historyOf([]));
    if (verdict === null) return;
    expect(verdict.check).toBe(check.name);
    expect(verdict.verdict).not.toBe('fail');
  });
});

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('scenario %s', (_, scenario) => {
  let plan: ReturnType<typeof resolvePlan>;
  beforeAll(async () => {
    plan = resolvePlan(scenario.options, await openCatalogue(), [], 1);
  });
  it('is a plan', () => expect(plan.strategies.length).toBeGreaterThan(0));
});
