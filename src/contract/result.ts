/** `summary.json`, what `--format json` prints: a public interface. A change of meaning raises `resultSchemaVersion`. */
import type { Verdict } from './check.js';
import type { Options } from './options.js';
import type { FaultEvent } from './fault.js';
import type { FailureCode } from './redis.js';
import type { ClientName, Fencing, Holder, Isolate, KeyChoice, Persistence, ResourcePath, RetryPlan } from './plan.js';
import type { Claims, EngineName, Topology } from './strategy.js';
import type { ThresholdResult } from './threshold.js';

export const resultSchemaVersion = 1;

/** In us. A percentile with fewer than ten samples above it is null, and so is everything of an empty sample. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/**
 * acquire: the granted round, unless it stood in a queue of the server's. service: an acquire from its actual start, response: from its intended one, to its outcome; what
 * was cut off at the end counts with the time it had taken. sendDelay: actual less intended start, under an arrival rate.
 */
export const latencyNames = ['acquire', 'release', 'extend', 'service', 'response', 'sendDelay', 'wait'] as const;
export type LatencyName = (typeof latencyNames)[number];

export interface SeriesPoint {
  /** From the opening of the window to the end of this interval. */
  readonly tMs: number;
  readonly grants: number;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly violations: number;
  /** When the first of them happened, from the opening of the window. */
  readonly violationMs: number | null;
}

/** Times from the opening of the measured window. */
export interface FaultRecord {
  readonly name: string;
  /** Which servers or clients, in words; empty where it did not come so far. */
  readonly target: string;
  readonly intendedMs: number;
  readonly event: FaultEvent | null;
  /** Null: it never struck. */
  readonly startedMs: number | null;
  readonly healedMs: number | null;
  readonly effective: boolean;
  /** Clocks did not keep time. */
  readonly breaksClocks: boolean;
  /** What was done, or why nothing came of it. */
  readonly what: string;
  /** Servers that did not answer after it was healed. */
  readonly unhealthy: readonly string[];
  /** What was done one after the other, where it was more than one thing. */
  readonly steps: readonly { readonly atMs: number; readonly what: string }[];
  /** Servers that lost data which they had acknowledged. */
  readonly lost: readonly string[];
  /** Servers that came back without data when every lease that they knew was over: no lock is lost by that, and all counters are. */
  readonly emptied?: readonly string[];
  /** From when to when this harness kept a holder inside, to hit a held lock: nobody else could get that one meanwhile. */
  readonly keptInside: { readonly name: string; readonly fromMs: number; readonly untilMs: number } | null;
  /**
   * The longest time without a grant from when it struck, what a kept holder took apart, and when it ended; null: it lasted to
   * the end of the window.
   */
  readonly longestGap: { readonly ms: number; readonly untilMs: number | null } | null;
  /** From healing to the next grant; null where grants had gone on, or there was none. */
  readonly firstGrantMs: number | null;
  /** Whether the rate fell below 95 % of that before, and how long after healing it was back there; null: not within the window. */
  readonly dipped: boolean;
  readonly recoveredMs: number | null;
  readonly round: number;
}

/** Commands to one node that got no answer, by reason. */
export interface NodeFailure {
  readonly node: number;
  readonly code: FailureCode;
  readonly count: number;
}

export interface Resources {
  readonly limitedBy: 'generator' | 'server' | 'machine' | 'lock' | 'unknown';
  /** CPU time of the worker threads, and of those that pace them, per grant. */
  readonly generatorUsPerCycle: number | null;
  readonly serverUsPerCycle: number | null;
  readonly machineBusyRatio: number | null;
  /** Share of the window in which runnable servers and workers waited for a core. */
  readonly runQueueWaitRatio: number | null;
  readonly eventLoopUtilisation: number | null;
  readonly eventLoopDelayUsP99: number | null;
  /** What keeping an arrival rate took, as a share of one core; null without one, and where the system does not tell. */
  readonly pacerCpuRatio: number | null;
}

export interface RepeatResult {
  readonly round: number;
  readonly throughputHz: number;
  readonly handoffHz: number;
  readonly waitUs: LatencySummary;
  readonly acquireUs: LatencySummary;
  readonly violations: number;
}

/** One contestant. With repeats: counts and histograms over all rounds, rates as medians of rounds. */
export interface RunResult {
  readonly strategy: string;
  readonly options: Options;
  readonly engine: EngineName;
  /** Null where the engine has no Redis client; `clientOptions` then tells the library. */
  readonly client: ClientName | null;
  readonly clientOptions: Readonly<Record<string, unknown>>;
  readonly topology: Topology;
  readonly retry: RetryPlan;
  readonly nodes: number;
  /** As the servers themselves say; 'unknown' where they do not. */
  readonly persistence: Persistence | 'unknown';
  /**
   * What keeps a lock over a restart, in words: none, fsync every second, fsync, quorum fsync; unknown. None also where the
   * servers sync what they write, but the lock is not among it.
   */
  readonly durability: string;
  readonly isolate: Isolate;
  readonly holder: Holder;
  readonly workers: number;
  readonly contenders: number;
  readonly keys: number;
  readonly keyChoice: KeyChoice;
  readonly load: { readonly shape: string; readonly targetHz: number | null; readonly achievedHz: number | null };
  readonly workload: string;
  /** Where its resource was, and what that enforced. */
  readonly resource: ResourcePath;
  readonly fencing: Fencing;
  /** Standing round trip added to each server. */
  readonly latencyMs: readonly number[];
  readonly ttlMs: number;
  readonly holdMs: number;
  readonly thinkMs: number;
  readonly waitMs: number;
  /** Length of the measured windows together. */
  readonly durationMs: number;

  readonly attempts: number;
  readonly tries: number;
  readonly grants: number;
  /** Grants that fell into the window, whenever their operation began: what throughput counts. */
  readonly grantsInWindow: number;
  readonly refused: { readonly busy: number; readonly tooLate: number; readonly unreachable: number };
  readonly cancelled: number;
  readonly unknown: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly nodeFailures: readonly NodeFailure[];

  /** What the design promises with these options on this topology. */
  readonly claims: Claims;
  /** Masters that did not answer when a round had ended. */
  readonly unreachable: readonly string[];

  readonly throughputHz: number;
  /** Grants to another contender than the key's last. */
  readonly handoffHz: number;
  readonly commandsPerGrant: number | null;
  readonly roundTripsPerGrant: number | null;
  readonly fairness: { readonly jain: number | null; readonly starved: number };
  /** As response, and those that waited through the whole window. */
  readonly waitUs: LatencySummary;
  readonly latencyUs: Readonly<Record<Exclude<LatencyName, 'wait'>, LatencySummary>>;
  readonly backlog: { readonly peak: number; readonly dropped: number };
  readonly resources: Resources;
  readonly verdicts: readonly Verdict[];
  /** Violations that `none` made on the same plan, per 1,000 grants: what these checks can see; null when it did not run. */
  readonly detectionPower: { readonly grants: number; readonly violationsPer1000: number } | null;
  readonly faults: readonly FaultRecord[];
  /** With --trials: how many, and in how many of them something was violated. */
  readonly trials: { readonly count: number; readonly violated: number } | null;
  /** What the workload suffered, in its own words; null where it protects nothing. */
  readonly harm: { readonly words: string; readonly count: number; readonly costOnly: boolean } | null;
  /** Locks of holders that died, and how long they kept others out. */
  readonly orphans: { readonly count: number; readonly longestMs: number };
  /**
   * Times of half a lease and more, within the window, in which nobody held a key although somebody waited for it; of the key
   * that has most of them, in the round that has most. Null: none.
   */
  readonly unheld: {
    readonly key: number;
    /** All of them together. */
    readonly ms: number;
    readonly gaps: number;
    readonly shortestMs: number;
    readonly longestMs: number;
    /** Most that waited at a time. */
    readonly waiting: number;
    /** Waits of the whole run that lasted about as long as a lease, or longer. */
    readonly leaseLongWaits: number;
  } | null;
  /** What happened to servers and workers, in words, with its time. */
  readonly incidents: readonly string[];
  /** Of one round: the first with a violation, else the first. */
  readonly series: readonly SeriesPoint[];
  readonly seriesRound: number;
  readonly repeats: readonly RepeatResult[];
  /** Those of the plan that are for this contestant, in their order. */
  readonly thresholds: readonly ThresholdResult[];
}

export interface Environment {
  readonly lockbench: string;
  readonly commit: string | null;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly servers: readonly {
    readonly name: string;
    readonly version: string;
    readonly mode: string;
    readonly settings: Readonly<Record<string, string>>;
  }[];
  readonly clients: Readonly<Record<string, string>>;
}

export interface Result {
  readonly schemaVersion: typeof resultSchemaVersion;
  readonly seed: number;
  /** Interrupted, or a worker was lost: the figures are of what was measured until then. */
  readonly partial: boolean;
  /** With --abort-on-fail: why the run ended before its time, in words; null when it did not. */
  readonly endedEarly: string | null;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly folder: string | null;
  readonly environment: Environment;
  readonly warnings: readonly string[];
  readonly runs: readonly RunResult[];
}

export interface ReportStyle {
  readonly columns: number;
  readonly colour: boolean;
}

/** One entry of `histograms.json`: what one round of one contestant recorded, in ns. */
export interface StoredHistograms {
  readonly strategy: string;
  readonly round: number;
  readonly unit: 'ns';
  /** From the opening of the run's first window to that of this one, and the length of this one. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly histograms: Readonly<Record<LatencyName, EncodedHistogram>>;
}

export interface EncodedHistogram {
  readonly sumNs: number;
  readonly maxNs: number;
  /** HdrHistogram, compressed, in base64. The exact sum and maximum are not in it. */
  readonly hdr: string;
}

/** What puts a document into another form: of a run, of a comparison, of conformance. */
export interface DocumentReporter<Document> {
  readonly name: string;
  readonly help: string;
  render(document: Document, style: ReportStyle): string;
}

export interface Reporter {
  readonly name: string;
  readonly help: string;
  /** What it cannot do without beside the result. It is given to `render`. */
  readonly needs?: 'histograms';
  render(result: Result, style: ReportStyle, histograms?: readonly StoredHistograms[]): string;
}
