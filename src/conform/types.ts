/**
 * What a conformance case is, and the world that it acts in: real servers, several clients of one lock design with
 * connections of their own, and a hand on every server and every wire.
 */
import type {
  AcquireOutcome,
  AcquireRequest,
  Backlog,
  Claims,
  ExtendOutcome,
  Grant,
  Options,
  ReleaseOutcome,
  RetryPolicy,
  Topology,
} from '../contract/index.js';
import type { Relay } from '../relay/relay.js';

export interface ConformCase {
  /** Unique over all groups. */
  readonly name: string;
  /** One sentence in the present tense. */
  readonly behaviour: string;
  /** Where the case comes from. */
  readonly source: string;
  /** What a design must promise for a failure to count against it. */
  readonly claims: readonly (keyof Claims)[];
  readonly needs?: Needs;
  /** Resolves when the behaviour was seen; rejects with a Violation, or with NotApplicable. */
  run(world: World): Promise<void>;
}

/** What a case cannot do without; where it is missing the case does not apply. */
export interface Needs {
  /** So many independent servers that decide about the lock; 1 where the design uses any at all. */
  readonly masters?: number;
  /** Servers that can be stopped and killed. */
  readonly control?: true;
  readonly replicas?: true;
  /** A lease that ends by itself after a time, whatever its holder does. */
  readonly ttl?: true;
}

/** One file of `cases/`; its name is the file's. */
export interface CaseGroup {
  readonly name: string;
  readonly help: string;
  readonly cases: readonly ConformCase[];
}

export interface World {
  readonly topology: Topology;
  readonly claims: Claims;
  readonly options: Options;
  /** The servers that decide about the lock: the masters of a quorum, or the one. */
  readonly masters: readonly ServerHand[];
  /** Also those beyond the topology, for cases that go through several numbers of servers. */
  readonly allMasters: readonly ServerHand[];
  readonly replicas: readonly ServerHand[];
  /** How many masters must agree; what the design tolerates to be down follows from it. */
  readonly quorum: number;
  /** A name that no other case has used. */
  freshKey(label?: string): string;
  /** The least TTL that the design takes, or `ms`. */
  ttl(ms: number): number;
  /** A client of its own: connections, session, random numbers. Closed when the case ends. */
  open(options?: OpenOptions): Promise<Client>;
  /** One relay before each of these servers. Closed when the case ends. */
  relays(servers?: readonly ServerHand[]): Promise<readonly Relay[]>;
  /** Another process with a client of its own. Killed when the case ends. */
  process(): Promise<OtherProcess>;
  /** How the design fares on its first `nodes` masters; null where it refuses them. */
  claimsWith(nodes: number): Claims | null;
  /** Puts a stranger's value where the design keeps the lock on that server. */
  occupy(server: ServerHand, key: string): Promise<void>;
  /** What lies where the design keeps the lock, on each of the servers. */
  valuesOf(key: string, servers?: readonly ServerHand[]): Promise<readonly (string | null)[]>;
  /** Remaining time of what lies there; -1 without expiry, -2 where there is nothing. */
  ttlsOf(key: string): Promise<readonly number[]>;
  /** Removes the lock behind its holder's back, on all servers. */
  remove(key: string): Promise<void>;
  /** Keys on the masters (those that answer), the design's standing book-keeping left out: "master 2: KEY". */
  keysLeft(): Promise<readonly string[]>;
  flushScripts(): Promise<void>;
}

export interface OpenOptions {
  /** Instead of the servers themselves, in their order. */
  readonly through?: readonly Relay[];
  /** Only the first so many masters. */
  readonly nodes?: number;
  /** Sets the design's own limit for one answer, where it has such an option. */
  readonly answerWaitMs?: number;
  readonly options?: Options;
  readonly retry?: RetryPolicy;
}

/** A session whose every call is bounded, and whose every outcome is checked against the contract. */
export interface Client {
  /** Bound for a call that meets silence: the design's own limit for one answer, with plenty to spare. */
  readonly boundMs: number;
  /** One try for a lease of 5 s, unless asked otherwise. */
  acquire(key: string, ask?: Partial<AcquireRequest>): Promise<AcquireOutcome>;
  /** Acquires what must be free. A try lost to a slow machine is made again; "busy" is a violation. */
  hold(key: string, ask?: Partial<AcquireRequest>): Promise<Grant>;
  release(grant: Grant): Promise<ReleaseOutcome>;
  /** Does not apply where the design does not extend. */
  extend(grant: Grant, ttlMs: number): Promise<ExtendOutcome>;
  quiesce(): Promise<void>;
  /** Resolves when all that was sent before on the connections that it shares is answered: they keep the order. */
  answered(): Promise<void>;
  backlog(): Backlog;
  /** Commands that the design has sent so far. */
  commands(): number;
  /** Resolves when every connection is up. */
  connected(): Promise<void>;
  close(): Promise<void>;
}

/** One server, from behind. */
export interface ServerHand {
  readonly name: string;
  call(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** SIGSTOP: connections stay, nothing answers. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGKILL. With 'kept' its data are on disk before. */
  crash(data?: 'kept' | 'lost'): Promise<void>;
  /** On the same port. */
  restart(): Promise<void>;
}

export interface Interval {
  readonly enterMs: number;
  readonly leaveMs: number;
  readonly validUntilMs: number;
}

export interface Contention {
  readonly key: string;
  readonly cycles: number;
  /** When to begin, for all who take part. */
  readonly startMs: number;
  /** Of each lease; absent: 5 s. */
  readonly ttlMs?: number;
}

export interface OtherProcess {
  /** Acquires and holds; resolves with the end of its validity. */
  hold(key: string, ttlMs: number): Promise<number>;
  /** Goes through the lock so many times; intervals on the one clock of the machine. */
  contend(order: Contention): Promise<readonly Interval[]>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}
