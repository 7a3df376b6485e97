/** What happens inside the lock, and when the next contender comes: the two plug-ins that shape the load. */

/** The critical section's view of its lease. */
export interface Guard {
  /** A guarded holder asks before every operation on the resource, and stops at false. For a naive one it is always true. */
  mayProceed(): boolean;
  /** Spends `ms` inside the lock, yielding at least once; a guarded holder wakes at the end of its validity. */
  pause(ms: number): Promise<void>;
}

export interface Workload {
  readonly name: string;
  readonly help: string;
  /** The invariant in its users' words. */
  readonly invariant: string;
  /** Shared 32-bit cells that one key's resource needs; the first is what is judged. */
  readonly cellsPerKey: number;
  /** Runs one critical section on the cells of one key and returns how many updates it believes to have made. */
  section(cells: Int32Array, at: number, guard: Guard, holdMs: number): Promise<number>;
}

/** When the operations of one worker are meant to start. Times are in ms on the monotonic clock. */
export interface Arrivals {
  /** The intended start of the next operation, given when the contender became free. */
  nextMs(freeMs: number): number;
  /** Intended starts before `untilMs` that nobody was free to take: they belong in the sample, as waits without end. */
  missed(untilMs: number): readonly number[];
}

export interface LoadSpec {
  readonly rateHz: number | null;
  readonly thinkMs: number;
  readonly workers: number;
  readonly workerIndex: number;
  readonly startMs: number;
  readonly random: () => number;
}

export interface LoadShape {
  readonly name: string;
  readonly help: string;
  /** True when operations arrive by a schedule of their own, whatever the lock does. */
  readonly open: boolean;
  arrivals(spec: LoadSpec): Arrivals;
}
