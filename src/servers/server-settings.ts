import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Persistence, ServersKind } from '../contract/index.js';

export interface ServerSettings {
  readonly kind: ServersKind;
  /** For containers. */
  readonly image: string;
  /** Of our own servers; external ones keep theirs. */
  readonly persistence: Persistence;
  readonly external: readonly NodeEndpoint[];
  readonly keyPrefix: string;
  /** Of libraries that put a word of their own before it. */
  readonly otherKeyPrefixes?: readonly string[];
}

/** Under all of which keys are ours. */
export function prefixesOf({
  keyPrefix,
  otherKeyPrefixes = [],
}: Pick<ServerSettings, 'keyPrefix' | 'otherKeyPrefixes'>): readonly string[] {
  return [keyPrefix, ...otherKeyPrefixes];
}
