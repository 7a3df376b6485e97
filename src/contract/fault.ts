/**
 * What the author of a fault writes: one file, default export, `satisfies Fault<...>`. A fault says what it needs before
 * servers start, strikes at a time or at an event, tells whether it had an effect, and is always healed.
 */
import type { Options, OptionSpec } from './options.js';
import type { Reply } from './redis.js';
import type { Persistence } from './plan.js';
import type { Claims, EngineName, Topology } from './strategy.js';

/**
 * Steps of a contender at which a fault can strike. acquire-sent: its first commands have left, no answer has been read.
 * granted: it has just been let in. checked: it has found its lease valid, and its write to the resource has not left yet.
 * extend-sent: as acquire-sent, for an extension.
 */
export const faultEvents = ['acquire-sent', 'granted', 'checked', 'extend-sent'] as const;
export type FaultEvent = (typeof faultEvents)[number];

/** `NAME[:TARGET][@START][+DURATION][,option=value]`, read and checked. */
export interface FaultPlan {
  /** As it was written. */
  readonly text: string;
  readonly name: string;
  /** As it was written, or the fault's own; what it means depends on the topology. */
  readonly target: string;
  /** From the opening of the measured window; the event is waited for from then on. */
  readonly startMs: number;
  readonly event: FaultEvent | null;
  /** The how manieth such event strikes, counted from the start within the one worker that was drawn; waited for 3 s at most. */
  readonly nth: number;
  /** Null: until the end of the window, where the fault lasts at all. */
  readonly durationMs: number | null;
  readonly options: Options;
}

/** What must be there before the load begins. */
export interface FaultNeeds {
  /** Relays between workers and servers. */
  readonly relay?: boolean;
  /** Relays between the primary and its replicas. */
  readonly replicationRelay?: boolean;
  /** Servers whose wall clock can be moved. */
  readonly clockShim?: boolean;
  /** Servers that tell what they have synced to disk. */
  readonly fsyncShim?: boolean;
  /** Servers that are ours to stop, kill and configure. */
  readonly ownServers?: boolean;
  /** Workers in processes of their own. */
  readonly isolate?: 'process';
  /** A resource in a process of its own: what happens to it tells what the lock-level checks cannot see. */
  readonly resource?: boolean;
}

/** What happens to bytes on their way. hold: kept back, and delivered in order when they may pass again. drop: lost for good. */
export type LinkWay = 'pass' | 'hold' | 'drop';

export interface LinkState {
  readonly requests: LinkWay;
  readonly replies: LinkWay;
  /** Added to every request, and again to every reply; for each chunk a uniform draw from [delay, delay + jitter]. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** The relay between one worker and one server, or between a replica and its primary. */
export interface FaultLink {
  /** "worker 0 to master 3" */
  readonly name: string;
  set(state: Partial<LinkState>): Promise<void>;
  /** Ends its connections by RST; with `midReply` at the next reply, of which the first half is still delivered. */
  reset(midReply?: boolean): Promise<void>;
  /** How many chunks were held, dropped, delayed or cut short since it was last asked. */
  touched(): Promise<number>;
}

/** How a killed server comes back: with its folder as it is, without one, or as after a power failure. */
export type RestartData = 'kept' | 'empty' | 'synced';

export interface FaultServer {
  /** "master 3", "primary", "replica 1" */
  readonly name: string;
  readonly index: number;
  /** A command of Redis, or of whatever language its engine speaks: SQL with its values for PostgreSQL. All of them answer PING. */
  call(name: string, ...args: readonly (string | number)[]): Promise<Reply>;
  /** SIGSTOP and SIGCONT. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and resolves when it answers; tells how many bytes a power failure lost. */
  start(data: RestartData): Promise<{ readonly lostBytes: number }>;
  /** Its wall clock from now on: the true time and so much, running at so many times the true rate. Needs the clock shim. */
  setClock(clock: { readonly stepMs: number; readonly rate: number }): void;
  /** By how much its wall clock is ahead of ours. */
  clockAheadMs(): Promise<number>;
}

/** What is done to a contender at an event, exactly there. */
export type ContenderAction =
  /** Its worker's whole event loop stops, as in a long collection of garbage. */
  | { readonly kind: 'stand-still'; readonly ms: number }
  /** Its worker's process is killed by SIGKILL. */
  | { readonly kind: 'crash' }
  /** At `granted` only: its section lasts until this share of its validity has passed, or of `mostMs` where that is less. */
  | { readonly kind: 'keep-inside'; readonly share: number; readonly mostMs: number };

export interface Caught {
  readonly worker: number;
  readonly contender: number;
  /** "w0.3" */
  readonly name: string;
  /** Without the run's prefix. */
  readonly key: string;
  readonly token: string | null;
  readonly validUntilMs: number | null;
  /** Ends `keep-inside` early. */
  letGo(): void;
  /** What came of it: how long it stood still, and how its acquire ended ("granted", "too-late", "busy", ...). */
  readonly over: Promise<{ readonly stoodStillMs: number; readonly outcome: string }>;
}

export interface FaultContenders {
  /** Waits for the event in one worker and acts there; null when it did not come within the patience. */
  catch(event: FaultEvent, nth: number, action: ContenderAction, patienceMs: number): Promise<Caught | null>;
  /** Moves the wall clock that JavaScript sees in every worker; resolves with how far it moved. */
  stepWallClock(byMs: number): Promise<number>;
}

/** The world that one fault acts upon. */
export interface FaultLab {
  readonly fault: FaultPlan;
  readonly topology: Topology;
  readonly claims: Claims;
  readonly ttlMs: number;
  /** Of our servers. */
  readonly persistence: Persistence;
  /** Before the name of every lock. */
  readonly keyPrefix: string;
  /** How long events are waited for. */
  readonly patienceMs: number;
  /** How long a grant worth hitting is waited for: what follows must still show within a lease. */
  readonly aimPatienceMs: number;
  /** In the order of roles. */
  readonly servers: readonly FaultServer[];
  /** The servers that it is aimed at, drawn from the seed; none that an earlier fault of the plan is aimed at. */
  readonly targets: readonly FaultServer[];
  /** Those that other faults of the plan are aimed at. */
  readonly spared: readonly FaultServer[];
  /**
   * Says how to undo what has just been done, as far as possible. It is undone when the fault is over, the last first, even
   * when the strike fails half-way or the run is interrupted.
   */
  onHeal(undo: () => Promise<unknown>): void;
  /** Who watches over the servers; none but where the topology has them. */
  readonly sentinels: readonly FaultServer[];
  /** From the clients that it concerns to these servers or sentinels, or from all the others. */
  links(servers: readonly FaultServer[], whose?: 'others'): readonly FaultLink[];
  /** From the clients to the primary; `moveTo` sends new connections elsewhere and ends the old ones. */
  movePrimary(to: FaultServer): Promise<void>;
  /** REPLICAOF the leader, not through a relay. */
  follow(replica: FaultServer, leader: FaultServer): Promise<void>;
  /** From this replica to its primary; where sentinels watch, from all replicas and from them. */
  replicationLink(replica: FaultServer): FaultLink;
  readonly contenders: FaultContenders;
  /** Calls of acquire so far, over all workers, and how many of them have not ended. */
  attempts(): { readonly begun: number; readonly underWay: number };
  nowMs(): number;
  /** Ends early when the run does. */
  sleep(ms: number): Promise<void>;
  /** Uniform in [0, 1), from the run's seed. */
  random(): number;
}

/** A fault that has struck. */
export interface Strike {
  /** What was done, to whom: "SIGKILL to master 3, started again empty after 14 ms". */
  readonly what: string;
  /** The servers that were hit, where it chose among them. */
  readonly hit?: readonly FaultServer[];
  /** Those that have lost data which they had acknowledged. */
  readonly lost?: readonly FaultServer[];
  /** Those that came back without data when every lease that they knew was over: no lock is lost by that, and all counters are. */
  readonly emptied?: readonly FaultServer[];
  /** What was done one after the other, where it was more than one thing; times as in `atMs`. */
  readonly steps?: readonly { readonly atMs: number; readonly what: string }[];
  /** When it struck, on the clock of `FaultLab.nowMs`. */
  readonly atMs: number;
  /** Resolves when it is over by itself; absent where the plan's duration counts. */
  readonly lasts?: Promise<void>;
  /** Null when it had an effect, else why it had none. Asked once, before it is healed. */
  probe(): Promise<string | null>;
}

export interface Fault<O = Options> {
  /** Equal to the file's name. */
  readonly name: string;
  /** One line for `bench list faults`. */
  readonly help: string;
  /** contender: has no target. network: a partition has two sides, so its target may end in `/all`, all clients. */
  readonly hits: 'contender' | 'network' | 'servers' | 'replication';
  /** How many servers, where the plan names no target: "1". For contenders "". */
  readonly defaultTarget: string;
  /** Network faults: whether the plan means one client or all where it does not say. */
  readonly clients?: 'one' | 'all';
  /** Where it can strike; the first is meant when the plan names none. Absent: it strikes at a time. */
  readonly events?: readonly [FaultEvent, ...FaultEvent[]];
  /** It takes from a design that clocks keep time. */
  readonly breaksClocks?: boolean;
  /** It is over as soon as it has struck, so a duration makes no sense. */
  readonly instant?: boolean;
  readonly options: OptionSpec<O>;
  readonly needs: FaultNeeds;
  /** The engines that it can be brought about on; absent: all. */
  readonly engines?: readonly EngineName[];
  /** Why it makes no sense there; null where it does. Pure. */
  refuses?(where: { readonly topology: Topology; readonly persistence: string }): string | null;
  /** Before the load begins, on running servers. */
  prepare?(lab: FaultLab): Promise<void>;
  /** Rejects when it could not be brought about; that is told, and it then had no effect. */
  strike(lab: FaultLab, options: O): Promise<Strike>;
}
