import type { Endpoint } from '../contract/index.js';

/** Where a role is served now. Secrets live here only: never in a plan, a result or a log. */
export interface NodeEndpoint extends Endpoint {
  readonly username?: string;
  readonly password?: string;
  /** Of engines that have several of them. */
  readonly database?: string;
  /** Absent where the role stays where it is. */
  readonly sentinel?: SentinelRole;
}

/** A role that moves, and who tells where it is. */
export interface SentinelRole {
  readonly masterName: string;
  readonly sentinels: readonly NodeEndpoint[];
  /** Their addresses are those among the servers: which node of the same set each is, for the way there may be another. */
  readonly places: readonly Place[];
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly node: number;
}
