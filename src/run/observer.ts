/** What the run tells while it runs; the command line draws it. */
export interface Tick {
  readonly label: string;
  readonly elapsedMs: number;
  /** Null when the end is not known by time. */
  readonly totalMs: number | null;
  readonly done?: number;
  readonly total?: number;
  readonly grants: number;
  readonly rateHz: number;
  readonly p99Us: number | null;
  readonly violations: number;
}

export interface Observer {
  phase(text: string): void;
  tick(tick: Tick): void;
  note(text: string): void;
}

export const silent: Observer = { phase: () => {}, tick: () => {}, note: () => {} };
