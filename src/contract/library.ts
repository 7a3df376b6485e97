/** What a published lock library is given: it connects by itself, and uses its client in its own way. */
import type { ClientName, Endpoint } from './plan.js';

export interface LibraryEndpoint extends Endpoint {
  readonly username?: string;
  readonly password?: string;
}

export interface LibraryServers {
  readonly client: ClientName;
  /** Of Redis, in the order of their roles. */
  readonly endpoints: readonly LibraryEndpoint[];
}
