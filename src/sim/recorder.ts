/** Records a simulated run as a `History`, as a worker records a real one. */
import { resourceOps, type Counters, type GrantRows, type History, type ResourceRows } from '../contract/index.js';
import { noCounts } from '../record/counters.js';
import { grantsInMemory } from '../record/grant-columns.js';
import { WaitLog } from '../record/waits.js';

/** Times in ms; the columns of `GrantRows`. */
export interface Row {
  readonly key: number;
  readonly contender: number;
  readonly enterMs: number;
  readonly leaveMs: number;
  readonly validUntilMs: number;
  readonly acquireMs: number;
  readonly releaseMs: number;
  readonly flags: number;
}

/** A grant as a resource would have seen it: it came with this token. */
export interface Minted {
  readonly atMs: number;
  readonly key: number;
  readonly contender: number;
  /** Which grant of this contender, counted from 0. */
  readonly grant: number;
  readonly fence: bigint;
}

export class Recorder {
  readonly counters: Counters = noCounts();
  readonly believed: number[];
  readonly cells: Int32Array;
  readonly rows: Row[] = [];
  readonly minted: Minted[] = [];
  /** Tokens of the dead: their keys are not left behind, they are held. */
  readonly held = new Set<string>();
  readonly waits = new WaitLog();

  constructor(keys: number) {
    this.believed = Array.from({ length: keys }, () => 0);
    this.cells = new Int32Array(keys);
  }

  history(startMs: number, endMs: number, keysLeft: readonly string[]): History {
    return {
      rows: grantsInMemory(columns(this.rows)),
      counters: this.counters,
      cell: null,
      waits: this.waits.list(),
      resource: { kind: 'memory', believed: this.believed, found: [...this.cells] },
      windowNs: [startMs * 1e6, endMs * 1e6],
      lost: [],
      keysLeft,
      silentServers: 0,
      unreachable: [],
      standstillMs: 0,
      faults: [],
      trace: [],
    };
  }
}

/** One read for each grant: what orders of tokens can be judged by. */
export function arrivals(minted: readonly Minted[]): ResourceRows {
  return {
    count: minted.length,
    atNs: Float64Array.from(minted, ({ atMs }) => atMs * 1e6),
    key: Uint32Array.from(minted, ({ key }) => key),
    contender: Uint16Array.from(minted, ({ contender }) => contender),
    grant: Uint32Array.from(minted, ({ grant }) => grant),
    op: new Uint8Array(minted.length).fill(resourceOps.read),
    item: new Float64Array(minted.length),
    value: new Float64Array(minted.length),
    fence: BigInt64Array.from(minted, ({ fence }) => fence),
  };
}

function columns(rows: readonly Row[]): GrantRows {
  return {
    count: rows.length,
    enterNs: Float64Array.from(rows, (row) => row.enterMs * 1e6),
    leaveNs: Float64Array.from(rows, (row) => row.leaveMs * 1e6),
    validUntilNs: Float64Array.from(rows, (row) => row.validUntilMs * 1e6),
    sendDelayUs: new Uint32Array(rows.length),
    acquireUs: Uint32Array.from(rows, (row) => row.acquireMs * 1e3),
    releaseUs: Uint32Array.from(rows, (row) => row.releaseMs * 1e3),
    key: Uint32Array.from(rows, (row) => row.key),
    contender: Uint16Array.from(rows, (row) => row.contender),
    flags: Uint16Array.from(rows, (row) => row.flags),
  };
}
