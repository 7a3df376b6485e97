/** Hand-written histories for the tests of checks. Times in ms from the opening of the window. */
import {
  resourceOps,
  rowFlags,
  type Check,
  type CheckContext,
  type FaultRecord,
  type GrantRows,
  type History,
  type ResourceHistory,
  type Verdict,
} from '../contract/index.js';
import { noCounts } from '../record/counters.js';
import { grantsInMemory } from '../record/grant-columns.js';
import { judgeHistory } from './judge.js';

export interface Step {
  readonly contender: number;
  readonly enter: number;
  readonly leave: number;
  readonly validUntil: number;
  readonly key?: number;
  readonly flags?: number;
  /** What the granted attempt took. */
  readonly acquireMs?: number;
  readonly releaseMs?: number;
}

const originNs = 5_000e6;

export function historyOf(steps: readonly Step[], more: Partial<History> = {}): History {
  const ns = (ms: number): number => originNs + ms * 1e6;
  const rows: GrantRows = {
    count: steps.length,
    enterNs: Float64Array.from(steps, ({ enter }) => ns(enter)),
    leaveNs: Float64Array.from(steps, ({ leave }) => ns(leave)),
    validUntilNs: Float64Array.from(steps, ({ validUntil }) => ns(validUntil)),
    sendDelayUs: new Uint32Array(steps.length),
    acquireUs: Uint32Array.from(steps, ({ acquireMs }) => (acquireMs ?? 0) * 1000),
    releaseUs: Uint32Array.from(steps, ({ releaseMs }) => (releaseMs ?? 0) * 1000),
    key: Uint32Array.from(steps, ({ key }) => key ?? 0),
    contender: Uint16Array.from(steps, ({ contender }) => contender),
    flags: Uint16Array.from(steps, ({ flags }) => flags ?? 0),
  };
  const unknown = steps.filter(({ flags }) => ((flags ?? 0) & rowFlags.unknown) !== 0).length;
  const grants = steps.length - unknown;
  return {
    rows: grantsInMemory(rows),
    counters: { ...noCounts(), attempts: steps.length, grants, unknown, released: grants },
    cell: { doubleGrants: 0, overstays: 0, conflicts: [] },
    waits: [],
    resource: null,
    windowNs: [originNs, ns(60_000)],
    lost: [],
    keysLeft: [],
    silentServers: 0,
    unreachable: [],
    standstillMs: 0,
    faults: [],
    trace: [],
    ...more,
  };
}

/** What one check says, by itself; null: nothing. */
export function verdictOf(check: Check, history: History, more: Partial<CheckContext> = {}): Verdict | null {
  return judgeHistory([check], history, { ...context, ...more }).at(0) ?? null;
}

/** An operation at the resource. */
export interface Arrival {
  readonly at: number;
  readonly contender: number;
  readonly op: keyof typeof resourceOps;
  readonly value?: number;
  readonly grant?: number;
  readonly key?: number;
  readonly item?: number;
  readonly fence?: number;
}

export function arrived(steps: readonly Arrival[]): Extract<ResourceHistory, { kind: 'server' }> {
  return {
    kind: 'server',
    rows: {
      count: steps.length,
      atNs: Float64Array.from(steps, ({ at }) => originNs + at * 1e6),
      key: Uint32Array.from(steps, ({ key }) => key ?? 0),
      contender: Uint16Array.from(steps, ({ contender }) => contender),
      grant: Uint32Array.from(steps, ({ grant }) => grant ?? 0),
      op: Uint8Array.from(steps, ({ op }) => resourceOps[op]),
      item: Float64Array.from(steps, ({ item }) => item ?? 0),
      value: Float64Array.from(steps, ({ value }) => value ?? 0),
      fence: BigInt64Array.from(steps, ({ fence }) => BigInt(fence ?? -1)),
    },
  };
}

export function faultOf(name: string, target: string, startedMs: number, healedMs: number): FaultRecord {
  return {
    name,
    target,
    intendedMs: startedMs,
    event: null,
    startedMs,
    healedMs,
    effective: true,
    breaksClocks: false,
    what: `${name} to ${target}`,
    unhealthy: [],
    lost: [],
    steps: [],
    keptInside: null,
    longestGap: { ms: 31.2, untilMs: 4031.2 },
    dipped: true,
    firstGrantMs: null,
    recoveredMs: null,
    round: 1,
  };
}

export const context: CheckContext = {
  claims: { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 },
  holder: 'guarded',
  ttlMs: 1000,
  waitMs: 5000,
  retryMaxMs: 500,
  harm: { one: 'update lost', many: 'updates lost', costOnly: false },
  nodeNames: ['master 1', 'master 2', 'master 3'],
  contenderNames: (contender) => `c${contender}`,
};
