/** The course of the yardstick: servers for all, group by group, generation by generation; what was measured by then is kept. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, LatencySummary } from '../../src/contract/index.js';
import { nowMs } from '../../src/base/clock.js';
import { seededRandom } from '../../src/base/random.js';
import { addHistogram, emptyHistogram } from '../../src/record/histogram.js';
import type { Observer } from '../../src/run/observer.js';
import { sampleUsage } from '../../src/run/usage.js';
import { Hosts, type Provisioned } from '../../src/servers/provision.js';
import { summariseLatency } from '../../src/stats/latency.js';
import { median } from '../../src/stats/median.js';
import { DesignEntrant } from './design-entrant.js';
import type { Entrant } from './entrant.js';
import { runGeneration, type EntrantGeneration } from './generation.js';
import {
  commonShare,
  expectedMs,
  lookLoad,
  openingMs,
  rateLoad,
  turnMs,
  type Group,
  type Load,
  type Scale,
} from './groups.js';
import type { Cell, CellGeneration, CommonRate, Gap } from './measured.js';
import { keptLatencies, type KeptLatency, type LatencyCounts } from './protocol.js';
import { RedisBenchmarkEntrant } from './redis-benchmark.js';
import { catalogueFor, rosterOf, type Rostered } from './roster.js';

export interface CourseOptions {
  readonly groups: readonly Group[];
  readonly scale: Scale;
  readonly seed: number;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  onGroup(id: Group['id'], course: Course): void;
}

const keyPrefix = 'lockbench:peers:';
const masters = 5;

export class Course {
  readonly cells: Cell[] = [];
  readonly gaps: Gap[] = [];
  readonly rates: CommonRate[] = [];
  readonly clientOptions: Record<string, Readonly<Record<string, unknown>>> = {};
  servers: Environment['servers'] = [];
  #grants = 0;
  #violations = 0;
  /** Of what was expected. */
  #doneMs = 0;
  readonly #sinceMs = nowMs();
  readonly #folder = mkdtempSync(join(tmpdir(), 'lockbench-peers-'));

  constructor(private readonly options: CourseOptions) {}

  async run(): Promise<void> {
    const { groups, observer, signal } = this.options;
    const settings = {
      kind: 'process',
      image: '',
      persistence: 'none',
      external: [],
      addresses: {},
      keyPrefix,
    } as const;
    const hosts = new Hosts(settings);
    try {
      observer.phase('starting the servers');
      const host = await hosts.of('redis');
      const provisioned = await host.provision({ kind: 'quorum', nodes: masters, replicas: 0 });
      provisioned.onIncident((text) => observer.note(text));
      this.servers = provisioned.servers;
      for (const group of groups) {
        if (signal.aborted) break;
        await this.#group(group, provisioned);
        this.options.onGroup(group.id, this);
      }
      await provisioned.stop();
    } finally {
      await hosts.close();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  async #group(group: Group, provisioned: Provisioned): Promise<void> {
    const { scale, seed, signal } = this.options;
    const { present, absent } = await rosterOf(group, await catalogueFor([group]), seed);
    for (const { label, reason } of absent) this.#gap({ group: group.id, label, generation: null, reason });
    if (present.length === 0) return;
    const loads = group.loads.length > 0 ? group.loads : [await this.#commonRate(group, present, provisioned)];
    const done: { generation: number; entrants: readonly EntrantGeneration[] }[] = [];
    for (let generation = 1; generation <= scale.generations && !signal.aborted; generation += 1) {
      const entrants = await this.#generation(group, present, provisioned, loads, generation);
      if (!signal.aborted) done.push({ generation, entrants });
    }
    if (done.length === 0) return;
    for (const load of loads)
      for (const { contestant } of present) this.cells.push(cellOf(group, load, contestant, done));
  }

  /** A share of what the slowest can do; those that fail at it, or do nothing, are not waited for. */
  async #commonRate(group: Group, present: readonly Rostered[], provisioned: Provisioned): Promise<Load> {
    const { scale, observer } = this.options;
    observer.phase(`${group.title}: how fast each of them is`);
    const look = lookLoad(scale);
    const seen = await this.#generation(group, present, provisioned, [look], 0);
    const maxima = seen
      .map(({ label, slices }) => {
        const each = (slices.get(look.name) ?? []).map(({ cycles, windowMs }) => (cycles * 1000) / windowMs);
        return { label, hz: each.length === 0 ? 0 : median(each) };
      })
      .filter(({ hz }) => hz > 0);
    const [slowest] = maxima.sort((one, other) => one.hz - other.hz);
    if (slowest === undefined) return rateLoad(1);
    const rateHz = Math.max(1, Math.floor(commonShare * slowest.hz));
    this.rates.push({ group: group.id, rateHz, slowest: slowest.label, maximumHz: slowest.hz });
    return rateLoad(rateHz);
  }

  #generation(
    group: Group,
    present: readonly Rostered[],
    provisioned: Provisioned,
    loads: readonly Load[],
    generation: number,
  ): Promise<EntrantGeneration[]> {
    const { scale, seed, signal, observer } = this.options;
    const label = generation === 0 ? group.title : `${group.title}, ${generation} of ${scale.generations}`;
    const warmup = { ...lookLoad(scale), ...warmupOf(loads), name: 'warm-up', sliceMs: group.warmupMs };
    return runGeneration({
      entrants: present.map((one, at) => () => this.#entrant(group, one, provisioned, `${generation}-${at}`)),
      loads,
      warmup,
      random: seededRandom(seed, `${group.id}, generation ${generation}`),
      signal,
      onSlice: (load, figures) => {
        this.#doneMs += turnMs(load);
        this.#grants += figures?.cycles ?? 0;
        this.#violations += figures?.violations ?? 0;
        const elapsedMs = nowMs() - this.#sinceMs;
        observer.tick({
          label,
          elapsedMs,
          // As it went until now.
          totalMs: (elapsedMs * Math.max(this.#doneMs, totalMs(this.options))) / this.#doneMs,
          grants: this.#grants,
          rateHz: figures === null ? 0 : (figures.cycles * 1000) / figures.windowMs,
          p99Us: null,
          violations: this.#violations,
        });
      },
      onOpened: (who, clientOptions) => {
        this.#doneMs += openingMs(group);
        this.clientOptions[who] = clientOptions;
      },
      onFailed: (who, reason) => this.#gap({ group: group.id, label: who, generation, reason }),
    });
  }

  #entrant(group: Group, { contestant, design }: Rostered, provisioned: Provisioned, name: string): Entrant {
    const { label, text, kind } = contestant;
    const endpoints = kind === 'harness' ? [] : provisioned.endpoints.slice(0, group.nodes);
    const serversCpuNs = (): number | null => {
      const { servers } = sampleUsage(provisioned.families);
      return servers.every((one) => one !== null) ? servers.reduce((sum, one) => sum + one.cpuNs, 0) : null;
    };
    if (design === null) return new RedisBenchmarkEntrant(label, Number(text), endpoints[0]!, serversCpuNs);
    const folder = join(this.#folder, `${group.id}-${name}`);
    mkdirSync(folder);
    const plan = { ...design.plan, keyPrefix: `${keyPrefix}${group.id}:${name}:` };
    const apart = kind === 'apart';
    return new DesignEntrant({ label, plan, strategy: design.strategy, endpoints, apart, folder, serversCpuNs });
  }

  #gap(gap: Gap): void {
    this.gaps.push(gap);
    this.options.observer.note(`${gap.label}: ${gap.reason}`);
  }
}

/** As the load that is to come, where that is another kind of work. */
function warmupOf(loads: readonly Load[]): Partial<Load> {
  const [first] = loads;
  return first!.keys === 'one' || first!.rateHz !== null ? first! : {};
}

export function totalMs({ groups, scale }: Pick<CourseOptions, 'groups' | 'scale'>): number {
  return groups.reduce((sum, group) => sum + expectedMs(group, scale), 0);
}

function cellOf(
  { id }: Group,
  load: Load,
  { label, kind, equal }: Rostered['contestant'],
  done: readonly { readonly generation: number; readonly entrants: readonly EntrantGeneration[] }[],
): Cell {
  const all = Object.fromEntries(keptLatencies.map((name) => [name, emptyHistogram()])) as unknown as LatencyCounts;
  let any = false;
  const generations: CellGeneration[] = [];
  for (const { generation, entrants } of done) {
    const { slices, totals } = entrants.find((one) => one.label === label)!;
    const counts = totals?.get(load.name) ?? null;
    if (counts !== null) {
      any = true;
      for (const name of keptLatencies) addHistogram(all[name], counts[name]);
    }
    generations.push({ generation, slices: slices.get(load.name) ?? [], latencyUs: counts && summaries(counts) });
  }
  return { group: id, load: load.name, label, kind, equal, generations, latencyUs: any ? summaries(all) : null };
}

function summaries(counts: LatencyCounts): Record<KeptLatency, LatencySummary> {
  return Object.fromEntries(keptLatencies.map((name) => [name, summariseLatency(counts[name])])) as Record<
    KeptLatency,
    LatencySummary
  >;
}
