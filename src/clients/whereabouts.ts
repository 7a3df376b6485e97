/** Where a role is to be found: at one address for good, or wherever those who know say that it is. */
import type { NodeEndpoint } from './endpoint.js';

export interface Whereabouts {
  /** For messages: the address, or the name of the role. */
  readonly name: string;
  /** Null while nobody knows. */
  now(): NodeEndpoint | null;
  /** Who answers there counts only when it says itself that it is a master: what one was told may be old. */
  readonly mustBeMaster: boolean;
  /** Tells that it is somewhere else from now on; returns the way to stop listening. */
  onMove(listener: () => void): () => void;
}

export function fixedAt(endpoint: NodeEndpoint): Whereabouts {
  return {
    name: `${endpoint.host}:${endpoint.port}`,
    now: () => endpoint,
    mustBeMaster: false,
    onMove: () => () => {},
  };
}
