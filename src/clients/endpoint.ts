import type { Endpoint } from '../contract/index.js';

/** Where a role is served now. Secrets live here only: never in a plan, a result or a log. */
export interface NodeEndpoint extends Endpoint {
  readonly username?: string;
  readonly password?: string;
  /** Of engines that have several of them. */
  readonly database?: string;
}
