/** What was measured: plain data, all that is needed to make the report again. */
import type { Counters, Environment, LatencySummary } from '../../src/contract/index.js';
import type { Kind } from './contestants.js';
import type { Group } from './groups.js';
import type { KeptLatency } from './protocol.js';

export interface SliceFigures {
  readonly windowMs: number;
  /** Acquires and releases that ended within the window, halved: of thousands that go in step it is not all or nothing. */
  readonly cycles: number;
  /** Within the window, to another contender than the last. */
  readonly handoffs: number;
  /** Grants of a key while another's lease was valid and its holder inside, in the whole slice. */
  readonly violations: number;
  readonly jain: number | null;
  /** Contenders without a grant in the window. */
  readonly starved: number;
  /** Of acquire as its caller sees it; null where several processes would have to be merged. */
  readonly acquireP50Us: number | null;
  /** For each cycle of the whole slice, CPU time of the contestant's processes, and of the servers. */
  readonly clientUs: number | null;
  readonly serverUs: number | null;
  /** Of the operations that were meant to start within the window. */
  readonly counters: Counters;
  readonly startedInWindow: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly unsettled: number;
}

/** Fresh processes of one contestant under one load. */
export interface CellGeneration {
  readonly generation: number;
  /** In the order of the rounds: one of each contestant is a round. */
  readonly slices: readonly SliceFigures[];
  readonly latencyUs: Readonly<Record<KeptLatency, LatencySummary>> | null;
}

export interface Cell {
  readonly group: Group['id'];
  readonly load: string;
  readonly label: string;
  readonly kind: Kind;
  readonly equal: boolean;
  readonly generations: readonly CellGeneration[];
  /** Over all generations. */
  readonly latencyUs: Readonly<Record<KeptLatency, LatencySummary>> | null;
}

/** Why there is no figure, or fewer. */
export interface Gap {
  readonly group: Group['id'];
  readonly label: string;
  /** Null: it was not begun at all. */
  readonly generation: number | null;
  readonly reason: string;
}

export interface CommonRate {
  readonly group: Group['id'];
  readonly rateHz: number;
  /** Whose maximum it is a share of, and that. */
  readonly slowest: string;
  readonly maximumHz: number;
}

export interface Measured {
  readonly schemaVersion: 1;
  readonly seed: number;
  readonly startedAt: string;
  readonly command: string;
  readonly tookMs: number;
  readonly partial: boolean;
  readonly generations: number;
  readonly environment: Environment;
  /** Of the last minute, before and after. */
  readonly load: readonly [before: number, after: number];
  readonly cells: readonly Cell[];
  readonly gaps: readonly Gap[];
  readonly rates: readonly CommonRate[];
  /** Label -> what it ran on. */
  readonly clientOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
