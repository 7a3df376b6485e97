/** What a simulated run consists of, as plain data. Ranges are drawn from uniformly; times are virtual. */
import type { Holder, RetryPlan } from '../contract/index.js';
import type { Link } from './wire.js';
import type { RangeMs } from './world.js';

export interface NodeFault {
  readonly node: number;
  /** kill: comes back with its data (fsync always). wipe: comes back empty. freeze: executes nothing, then all of it. */
  readonly kind: 'kill' | 'wipe' | 'freeze';
  readonly atMs: RangeMs;
  readonly forMs: RangeMs;
}

/** A worker's whole event loop stands still. */
export interface Pauses {
  readonly lengthMs: RangeMs;
  /** From waking to the next; null: only on events. */
  readonly everyMs: RangeMs | null;
  /** Chance for each SET that is sent, before or after its bytes have left. */
  readonly atSend: number;
  /** Chance for each grant. */
  readonly atGrant: number;
}

export interface Scenario {
  readonly name: string;
  /** For quorum designs; the others take as many as their topology has. */
  readonly nodes: number;
  readonly replicas: number;
  /** Each with a session and connections of its own. */
  readonly workers: number;
  /** For each worker. */
  readonly contenders: number;
  readonly keys: number;
  readonly durationMs: number;
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly thinkMs: RangeMs;
  readonly holdMs: RangeMs;
  readonly holder: Holder;
  readonly extendEveryMs: number | null;
  readonly retry: RetryPlan;
  readonly link: Link;
  /** Of node i the one at i modulo their count. */
  readonly clockRates: readonly number[];
  readonly replicaMs: RangeMs;
  readonly nodeFaults: readonly NodeFault[];
  readonly flushScriptsEveryMs: RangeMs | null;
  readonly pauses: Pauses | null;
  /** Chance for each grant that its contender dies with it. */
  readonly crashAtGrant: number;
}

const calm: Scenario = {
  name: 'calm',
  nodes: 5,
  replicas: 2,
  workers: 3,
  contenders: 1,
  keys: 1,
  durationMs: 300,
  ttlMs: 10_000,
  waitMs: 200,
  thinkMs: [0, 10],
  holdMs: [0, 10],
  holder: 'guarded',
  extendEveryMs: null,
  retry: { kind: 'full-jitter', minMs: 2, maxMs: 20, limit: null },
  link: {
    delayMs: [0.1, 2],
    slow: { chance: 0, delayMs: [0, 0] },
    loseRequest: 0,
    loseReply: 0,
    reconnectMs: [5, 50],
  },
  clockRates: [1],
  replicaMs: [0.1, 2],
  nodeFaults: [],
  flushScriptsEveryMs: null,
  pauses: null,
  crashAtGrant: 0,
};

const shortLease = {
  ttlMs: 200,
  durationMs: 1600,
  waitMs: 500,
  retry: { kind: 'full-jitter', minMs: 2, maxMs: 60, limit: null },
} as const;
/** Holders that work until their lease ends. */
const overtime = { ...shortLease, holdMs: [0, 400] } as const;

export const scenarios = {
  calm,
  sharedSession: { ...calm, name: 'sharedSession', workers: 2, contenders: 4, keys: 2 },
  evenSplit: { ...calm, name: 'evenSplit', nodes: 4, workers: 4, thinkMs: [0, 0] },
  /** Contenders that keep splitting the vote, with a lease short enough to see that nobody ever wins. */
  splitVotes: { ...calm, name: 'splitVotes', ...shortLease, nodes: 2, workers: 3, thinkMs: [0, 0] },
  twoNodes: { ...calm, name: 'twoNodes', nodes: 2, workers: 2, thinkMs: [0, 0] },
  overtime: { ...calm, name: 'overtime', ...overtime },
  /** A vote takes a good part of the lease. */
  slowNetwork: {
    ...calm,
    name: 'slowNetwork',
    ...overtime,
    ttlMs: 100,
    holdMs: [0, 200],
    link: { ...calm.link, delayMs: [5, 20] },
  },
  /** 0.9 % fast, with a lease long enough that 0.9 % of it is more than the 2 ms allowed besides. */
  fastClocks: {
    ...calm,
    name: 'fastClocks',
    clockRates: [1.009],
    ttlMs: 2000,
    durationMs: 7000,
    waitMs: 5000,
    holdMs: [1900, 2500],
    retry: { kind: 'uniform', minMs: 0, maxMs: 150, limit: null },
  },
  mixedClocks: { ...calm, name: 'mixedClocks', ...overtime, clockRates: [1.009, 1, 0.99, 1.005, 1.009] },
  pauses: {
    ...calm,
    name: 'pauses',
    ...shortLease,
    pauses: { lengthMs: [20, 500], everyMs: [20, 300], atSend: 0, atGrant: 0 },
  },
  pausedAtSend: {
    ...calm,
    name: 'pausedAtSend',
    ...overtime,
    pauses: { lengthMs: [20, 500], everyMs: null, atSend: 0.05, atGrant: 0.1 },
  },
  slowReplies: {
    ...calm,
    name: 'slowReplies',
    ...shortLease,
    link: { ...calm.link, slow: { chance: 0.01, delayMs: [40, 400] } },
  },
  lostReplies: { ...calm, name: 'lostReplies', link: { ...calm.link, loseRequest: 0.01, loseReply: 0.02 } },
  nodeDown: {
    ...calm,
    name: 'nodeDown',
    nodeFaults: [{ node: 1, kind: 'kill', atMs: [50, 150], forMs: [50, 150] }],
  },
  nodeFrozen: {
    ...calm,
    name: 'nodeFrozen',
    nodeFaults: [{ node: 1, kind: 'freeze', atMs: [50, 150], forMs: [50, 200] }],
  },
  scriptsForgotten: { ...calm, name: 'scriptsForgotten', flushScriptsEveryMs: [5, 50] },
  extended: { ...calm, name: 'extended', ...overtime, holdMs: [0, 600], extendEveryMs: 60 },
  extendedUnderFaults: {
    ...calm,
    name: 'extendedUnderFaults',
    ...overtime,
    extendEveryMs: 60,
    link: { ...calm.link, loseReply: 0.005, slow: { chance: 0.01, delayMs: [40, 400] } },
    pauses: { lengthMs: [20, 300], everyMs: [100, 600], atSend: 0, atGrant: 0 },
  },
  /** Several who share connections, while these break, servers forget scripts, and holders stay as long as they may. */
  sharedUnderFaults: {
    ...calm,
    name: 'sharedUnderFaults',
    ...shortLease,
    workers: 2,
    contenders: 3,
    thinkMs: [0, 5],
    holdMs: [0, 220],
    extendEveryMs: 60,
    link: { ...calm.link, loseRequest: 0.01, loseReply: 0.01 },
    flushScriptsEveryMs: [20, 200],
  },
  crashes: { ...calm, name: 'crashes', ...shortLease, durationMs: 3000, workers: 5, crashAtGrant: 0.05 },
  nodeWiped: {
    ...calm,
    name: 'nodeWiped',
    ...overtime,
    nodeFaults: [0, 1, 2, 3, 4].map((node) => ({ node, kind: 'wipe', atMs: [0, 1600], forMs: [1, 20] })),
  },
} as const satisfies Readonly<Record<string, Scenario>>;
