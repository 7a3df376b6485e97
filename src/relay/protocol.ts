/** All that the relay thread and its owner say to each other: every question has an id, and is answered once under it. */
import type { Endpoint, ErrorData, LinkState } from '../contract/index.js';

/** Without its login: a relay has no use for it. */
export interface RelayRoute {
  readonly name: string;
  readonly upstream: Endpoint;
  /** What holds from the beginning; its latency is the wire's own and stands at all times. */
  readonly initial: Partial<LinkState>;
}

/** `link` is a relay's number, in the order of opening. */
export type Question =
  | { readonly kind: 'open'; readonly routes: readonly RelayRoute[]; readonly seed: number }
  | { readonly kind: 'set'; readonly link: number; readonly state: Partial<LinkState> }
  | { readonly kind: 'reset'; readonly link: number; readonly midReply: boolean }
  | { readonly kind: 'move'; readonly link: number; readonly upstream: Endpoint }
  | { readonly kind: 'touched'; readonly link: number };

export type ToRelays = Question & { readonly id: number };

export type Answer =
  | { readonly kind: 'opened'; readonly links: readonly { readonly link: number; readonly port: number }[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'touched'; readonly count: number };

export type FromRelays =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorData };
