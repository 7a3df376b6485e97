/** What was recorded of a run, and the pure folds that judge it. */
import type { Claims } from './strategy.js';
import type { Holder } from './plan.js';
import type { FaultRecord } from './result.js';
import type { Harm } from './workload.js';

/** Bits of `GrantRows.flags`. */
export const rowFlags = {
  /** Began within the measured window. */
  measured: 1,
  /** The answer to acquire did not come: the row tells that it may have been granted. */
  unknown: 2,
  /** Validity was over when the grant was handed out. */
  lateGrant: 4,
  /** Release found the lock to be somebody else's, or gone. */
  releaseLost: 8,
  /** The answer to release did not come. */
  releaseUnknown: 16,
  /** The holder was still inside when the recording ended. */
  open: 32,
  /** The lease was extended at least once. */
  extended: 64,
  /** An extension was told that the lock is lost while its holder was inside. */
  lost: 128,
  /** The holder was told (`Grant.onLost`) while it was inside. */
  lossTold: 256,
} as const;

/** Some rows of a history, one for each grant (or unknown acquire), one column for each field. Times in ns are doubles. */
export interface GrantRows {
  readonly count: number;
  readonly enterNs: Float64Array;
  readonly leaveNs: Float64Array;
  /** End of validity; Infinity for a lock without expiry. */
  readonly validUntilNs: Float64Array;
  readonly sendDelayUs: Uint32Array;
  readonly acquireUs: Uint32Array;
  readonly releaseUs: Uint32Array;
  readonly key: Uint32Array;
  readonly contender: Uint16Array;
  readonly flags: Uint16Array;
}

/** All rows of a round. There may be more than memory holds, so they come in blocks, as often as they are asked for. */
export interface GrantHistory {
  readonly count: number;
  /** Keys are numbered from 0 to below this. */
  readonly keys: number;
  /** In the order of entry. The columns of a block are filled again with the next: what is to be kept is copied. */
  blocks(): Iterable<GrantRows>;
  /**
   * Sections on the key that touch these times, in the order of entry, unknown acquires left out. Of more than `duringLimit`
   * the first and the last. For the few scenes that evidence is drawn from: what a check judges by comes in blocks.
   */
  during(key: number, fromNs: number, toNs: number): GrantRows;
}

export const duringLimit = 512;

export interface Counters {
  attempts: number;
  tries: number;
  grants: number;
  busy: number;
  tooLate: number;
  unreachable: number;
  cancelled: number;
  unknown: number;
  errors: number;
  released: number;
  releaseLost: number;
  releaseUnknown: number;
  releaseErrors: number;
  extended: number;
  extendFailed: number;
}

/** What the shared-memory cell saw: `enteringContender` found `insideContender` there. */
export interface CellConflict {
  readonly key: number;
  readonly atNs: number;
  readonly insideContender: number;
  readonly enteringContender: number;
  /** The lease of the one inside was still valid: nobody but the lock can be to blame. */
  readonly insideValid: boolean;
}

/** Somebody waited for a key. */
export interface Wait {
  readonly key: number;
  readonly sinceNs: number;
  readonly untilNs: number;
}

/** Every operation that reached the resource's own process, in the order of its arrival. One column for each field. */
export interface ResourceRows {
  readonly count: number;
  readonly atNs: Float64Array;
  readonly key: Uint32Array;
  readonly contender: Uint16Array;
  /** Which grant of this contender, counted from 0: contender and number name a grant. */
  readonly grant: Uint32Array;
  /** See `resourceOps`. */
  readonly op: Uint8Array;
  readonly item: Float64Array;
  /** Written, or found by a read; NaN where it was refused. */
  readonly value: Float64Array;
  /** Fencing token; -1n where the design mints none. */
  readonly fence: BigInt64Array;
}

export const resourceOps = { read: 0, write: 1, refusedRead: 2, refusedWrite: 3 } as const;

export type ResourceHistory =
  /** Per key, updates believed made and the value found in the end. */
  | { readonly kind: 'memory'; readonly believed: readonly number[]; readonly found: readonly number[] }
  | { readonly kind: 'server'; readonly rows: ResourceRows };

/** One step at a server, kept in runs with faults to tell an interleaving with. */
export interface TraceStep {
  readonly atNs: number;
  readonly worker: number;
  /** Index of the server; null for a step of the contender itself. */
  readonly node: number | null;
  readonly key: string;
  readonly token: string;
  /** "SET", "release", ... */
  readonly what: string;
  /** "OK", "nil", "TIMEOUT"; null for a sending. */
  readonly answer: string | null;
}

export interface History {
  readonly rows: GrantHistory;
  /** Of the whole run, warm-up included. */
  readonly counters: Readonly<Counters>;
  /** How many conflicts the cell counted, and the first of them; null where there is no shared memory. */
  readonly cell: {
    readonly doubleGrants: number;
    readonly overstays: number;
    readonly conflicts: readonly CellConflict[];
  } | null;
  /** The longest waits that ended without a grant, or took several attempts to one. */
  readonly waits: readonly Wait[];
  /** Null for a workload that protects nothing but time. */
  readonly resource: ResourceHistory | null;
  readonly faults: readonly FaultRecord[];
  readonly trace: readonly TraceStep[];
  readonly windowNs: readonly [openNs: number, closeNs: number];
  /** Workers whose records are missing or cut short, with the reason. */
  readonly lost: readonly string[];
  /** Keys with the run's prefix that were found after quiesce, and were not held. */
  readonly keysLeft: readonly string[] | null;
  /** How many servers left commands unanswered at some time. */
  readonly silentServers: number;
  /** Masters that did not answer when the run had ended. */
  readonly unreachable: readonly string[];
  /** The longest time in which the harness itself stood still (suspended, swapped out). */
  readonly standstillMs: number;
}

export interface CheckContext {
  readonly claims: Claims;
  readonly holder: Holder;
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly retryMaxMs: number;
  /** Null for a workload that protects nothing but time. */
  readonly harm: Harm | null;
  /** "master 3" */
  readonly nodeNames: readonly string[];
  readonly contenderNames: (contender: number) => string;
}

export interface Verdict {
  readonly check: string;
  readonly verdict: 'pass' | 'fail' | 'undecided';
  /** Whether the design promises this. Exclusion and the resource set the exit code either way. */
  readonly claimed: boolean;
  readonly violations: number;
  /** With no violation in n trials, the 95 % upper bound of their rate, 3/n; null otherwise. */
  readonly upperBound: number | null;
  /** In words, the most telling first: who, when, which key, in which order. */
  readonly evidence: readonly string[];
}

/** Judges one history as its rows go by: all checks share one pass over them, and keep little of each. */
export interface Judging {
  /** The next rows, in the order of entry. Absent where no row is needed. */
  rows?(block: GrantRows): void;
  /** After the last row. Null when there turned out to be nothing to say of this run. */
  close(): Verdict | null;
}

export interface Check {
  readonly name: string;
  readonly help: string;
  /** Pure: begins to judge a history. Null when the check has nothing to say of this kind of run. */
  open(history: History, context: CheckContext): Judging | null;
}
