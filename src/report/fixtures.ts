/** Hand-written results for the tests of this folder; each test says only what it is about. */
import type {
  FaultRecord,
  LatencyName,
  LatencySummary,
  RepeatResult,
  Resources,
  Result,
  RunResult,
  SeriesPoint,
  Verdict,
} from '../contract/index.js';

export const nothingMeasured: LatencySummary = {
  count: 0,
  mean: null,
  p50: null,
  p90: null,
  p99: null,
  p999: null,
  max: null,
};

export function latency(p50: number, p99: number | null, max: number, count = 31_204): LatencySummary {
  return { count, mean: p50, p50, p90: p99 === null ? null : (p50 + p99) / 2, p99, p999: null, max };
}

export function passed(check: string, trials = 31_204): Verdict {
  return { check, verdict: 'pass', claimed: true, violations: 0, upperBound: 3 / trials, evidence: [] };
}

export function failed(check: string, violations: number, evidence: readonly string[] = [], claimed = true): Verdict {
  return { check, verdict: 'fail', claimed, violations, upperBound: null, evidence };
}

export function undecided(check: string, reason: string): Verdict {
  return { check, verdict: 'undecided', claimed: true, violations: 0, upperBound: null, evidence: [reason] };
}

export const calm: Resources = {
  limitedBy: 'lock',
  generatorUsPerCycle: 84.2,
  serverUsPerCycle: 31.7,
  machineBusyRatio: 0.41,
  runQueueWaitRatio: 0.01,
  eventLoopUtilisation: 0.22,
  eventLoopDelayUsP99: 1200,
  pacerCpuRatio: null,
};

export function round(number: number, throughputHz: number, acquireP50Us = 412): RepeatResult {
  return {
    round: number,
    throughputHz,
    handoffHz: throughputHz * 0.9,
    waitUs: latency(8120, 41_200, 212_000),
    acquireUs: latency(acquireP50Us, 1930, 9200),
    violations: 0,
  };
}

/** A partition that struck as meant and was got over; `changes` say what is different. */
export function fault(changes: Partial<FaultRecord> = {}): FaultRecord {
  return {
    name: 'cut',
    target: 'master 2, master 4',
    intendedMs: 2000,
    event: null,
    breaksClocks: false,
    startedMs: 2001,
    healedMs: 6004,
    effective: true,
    what: 'cut off master 2, master 4 for all clients',
    unhealthy: [],
    steps: [],
    lost: [],
    keptInside: null,
    longestGap: { ms: 31.2, untilMs: 4031.2 },
    dipped: true,
    firstGrantMs: 31.2,
    recoveredMs: 1204,
    round: 1,
    ...changes,
  };
}

/** Intervals of half a second; `violations` by the number of the interval. */
export function series(grants: readonly number[], violations: Readonly<Record<number, number>> = {}): SeriesPoint[] {
  return grants.map((count, at) => {
    const seen = violations[at] ?? 0;
    const violationMs = seen > 0 ? at * 500 + 250 : null;
    return { tMs: (at + 1) * 500, grants: count, p50Us: null, p99Us: null, violations: seen, violationMs };
  });
}

type Latencies = Readonly<Record<Exclude<LatencyName, 'wait'>, LatencySummary>>;
type RunChanges = Omit<Partial<RunResult>, 'latencyUs'> & { readonly latencyUs?: Partial<Latencies> };

/** A clean run of a lock on one server; `changes` say what is different. */
export function run(strategy: string, { latencyUs, ...changes }: RunChanges = {}): RunResult {
  return {
    strategy,
    options: {},
    engine: 'redis',
    client: 'ioredis',
    clientOptions: {},
    topology: { kind: 'single', nodes: 1, replicas: 0 },
    retry: { kind: 'full-jitter', minMs: 5, maxMs: 500, limit: null },
    nodes: 1,
    persistence: 'none',
    durability: 'none',
    nodeFailures: [],
    claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
    unreachable: [],
    grantsInWindow: 3000,
    isolate: 'thread',
    resource: 'memory',
    fencing: 'off',
    latencyMs: [],
    trials: null,
    harm: null,
    orphans: { count: 0, longestMs: 0 },
    unheld: null,
    holder: 'guarded',
    workers: 4,
    contenders: 16,
    keys: 1,
    keyChoice: 'uniform',
    load: { shape: 'closed', targetHz: null, achievedHz: null },
    workload: 'counter',
    ttlMs: 2000,
    holdMs: 2,
    thinkMs: 10,
    waitMs: 5000,
    durationMs: 10_000,
    attempts: 31_210,
    tries: 62_410,
    grants: 31_204,
    refused: { busy: 0, tooLate: 0, unreachable: 0 },
    cancelled: 6,
    unknown: 0,
    errors: {},
    throughputHz: 3120.4,
    handoffHz: 2950.2,
    commandsPerGrant: 3,
    roundTripsPerGrant: 3,
    fairness: { jain: 0.998, starved: 0 },
    waitUs: latency(8120, 41_200, 212_000),
    latencyUs: {
      acquire: latency(412, 1930, 9200),
      release: latency(390, 1720, 8100),
      extend: nothingMeasured,
      service: latency(8100, 41_100, 211_000),
      response: latency(8120, 41_200, 212_000),
      sendDelay: latency(20, 120, 900),
      ...latencyUs,
    },
    backlog: { peak: 0, dropped: 0 },
    resources: calm,
    verdicts: [passed('accounting'), passed('mutual-exclusion'), passed('mutual-exclusion-cell')],
    detectionPower: { grants: 1204, violationsPer1000: 412 },
    faults: [],
    incidents: [],
    series: [],
    seriesRound: 1,
    repeats: [],
    thresholds: [],
    ...changes,
  };
}

/** `none`: no server, and nothing excluded. */
export function control(violations: number): RunResult {
  return run('none', {
    topology: { kind: 'none', nodes: 0, replicas: 0 },
    nodes: 0,
    commandsPerGrant: null,
    roundTripsPerGrant: null,
    throughputHz: 1304.7,
    grants: 13_047,
    waitUs: latency(0.4, 2.1, 310),
    latencyUs: { acquire: latency(0.3, 1.2, 40), release: latency(0.2, 0.9, 35) },
    verdicts: [failed('mutual-exclusion', violations, [], false)],
    detectionPower: null,
  });
}

export function result(runs: readonly RunResult[], changes: Partial<Result> = {}): Result {
  return {
    schemaVersion: 1,
    seed: 3_735_928_559,
    partial: false,
    endedEarly: null,
    exitCode: 0,
    startedAt: '2026-03-02T10:15:30.000Z',
    folder: 'results/20260302T101530Z-redlock-3735928559',
    environment: {
      lockbench: '0.1.0',
      commit: null,
      node: '20.20.2',
      os: 'linux 6.8',
      cpu: 'a processor',
      cores: 8,
      memoryBytes: 16e9,
      servers: [],
      clients: { ioredis: '6.0.0', 'node-redis': '6.3.1' },
    },
    warnings: [],
    runs,
    ...changes,
  };
}

const evidence = [
  'key 0: w1.2 was granted the lock while w0.1 was inside, whose lease was valid for another 1966.200 ms',
  '                        master 1     2     3     4     5',
  '  +7.000400 s  w0.1 SET        OK    ...   OK    OK    none',
  '  +7.001310 s  w0.1 enters, valid to +8.978000 s',
  '  +7.004000 s  FAULT clock-jump: the clock of master 3 stepped by 3000 ms',
  '  +7.011020 s  |     w1.2 SET  nil   OK    OK    nil   OK',
  '  +7.011800 s  |     w1.2 enters, valid to +8.989000 s',
  '                     ^ both hold: w0.1 for another 1966.200 ms',
];

/** Three contestants under a partition and a clock that jumps: one breaks, one stalls, one is not reached by the second. */
export function stormy(): Result {
  const quorum = { topology: { kind: 'quorum', nodes: 5, replicas: 0 }, nodes: 5, resource: 'server' } as const;
  const jump = fault({
    name: 'clock-jump',
    target: 'master 3',
    intendedMs: 7000,
    startedMs: 7004,
    healedMs: 7004,
    what: 'the clock of master 3 stepped by 3000 ms',
    recoveredMs: null,
  });
  const idle = {
    ...jump,
    target: 'primary',
    effective: false,
    what: 'the clock of primary stepped by 3000 ms; no effect: its clock did not move',
  };
  const steady = (low: number): number[] =>
    Array.from({ length: 20 }, (_, at) => (at < 4 || at > 12 ? 1500 + (at % 3) * 40 : low));
  const harm = { words: 'units oversold', count: 7, costOnly: false };
  return result(
    [
      run('redlock', {
        ...quorum,
        faults: [fault(), jump],
        series: series(steady(700), { 14: 3, 15: 1 }),
        verdicts: [
          passed('accounting'),
          failed('mutual-exclusion', 4, evidence),
          failed('lost-updates', 7),
          failed('contiguity', 9),
        ],
        harm,
      }),
      run('redlock@quorum=all', {
        ...quorum,
        faults: [fault({ what: 'cut off master 2, master 4 for all clients' }), { ...jump, firstGrantMs: 4.1 }],
        series: series(steady(0)),
      }),
      run('single', {
        resource: 'server',
        faults: [fault({ target: 'primary', what: 'cut off primary for all clients', firstGrantMs: 12 }), idle],
        series: series(steady(0)),
        verdicts: [
          passed('accounting'),
          undecided('mutual-exclusion', `the fault clock-jump had no effect: ${idle.what}`),
        ],
      }),
    ],
    { exitCode: 5 },
  );
}
