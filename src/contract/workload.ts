/** What happens inside the lock, and when the next contender comes: the two plug-ins that shape the load. */

/** The critical section's view of its lease. */
export interface Guard {
  /** A guarded holder asks before every operation on the resource, and stops at false. For a naive one it is always true. */
  mayProceed(): boolean;
  /** Spends `ms` inside the lock, yielding at least once; a guarded holder wakes at the end of its validity. */
  pause(ms: number): Promise<void>;
}

/**
 * What the lock protects, as one critical section sees it: numbered items, each a whole number, 0 at first. Between two
 * steps anything may happen; what the section did is known only when the answer is there.
 */
export interface Resource {
  /** Null: refused, a newer fencing token has been seen. */
  read(item: number): number | null | Promise<number | null>;
  /** False: refused, a newer fencing token has been seen. */
  write(item: number, value: number): boolean | Promise<boolean>;
}

export interface Visit {
  readonly holdMs: number;
  /** Monotonic. */
  nowMs(): number;
}

/** What comes of it when two contenders are inside, in the words of those who suffer: the same value written to one item twice. */
export interface Harm {
  /** "unit oversold" */
  readonly one: string;
  /** "units oversold" */
  readonly many: string;
  /** The lock is taken for efficiency: double work is a cost, not a violation. */
  readonly costOnly: boolean;
}

export interface Workload {
  readonly name: string;
  readonly help: string;
  /** The invariant in its users' words. */
  readonly invariant: string;
  /** Null where nothing is protected but time. */
  readonly harm: Harm | null;
  /** Item 0 is all it touches, so it can run in shared memory, where speed is measured. */
  readonly oneItem: boolean;
  /** Runs one critical section and returns how many updates it believes to have made. Never writes one value to one item twice. */
  section(resource: Resource, guard: Guard, visit: Visit): Promise<number>;
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
