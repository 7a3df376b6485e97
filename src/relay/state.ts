/** What a relay does to what passes through it, each way apart, and its translation from the contract's link. */
import type { LinkState, LinkWay } from '../contract/index.js';

export interface RelayState {
  readonly requests: LinkWay;
  readonly replies: LinkWay;
  /** Added to every request, on top of the wire's standing latency; what is on its way already keeps its own. */
  readonly requestDelayMs: number;
  readonly replyDelayMs: number;
  /** For each chunk, on top of its delay: a uniform draw from [0, jitter]. Order is kept within a connection. */
  readonly jitterMs: number;
  /** New connections are cut at once. */
  readonly refuse: boolean;
}

export const clearState: RelayState = {
  requests: 'pass',
  replies: 'pass',
  requestDelayMs: 0,
  replyDelayMs: 0,
  jitterMs: 0,
  refuse: false,
};

/** A link has one delay for both ways. */
export function fromLinkState({ delayMs, ...rest }: Partial<LinkState>): Partial<RelayState> {
  return delayMs === undefined ? rest : { ...rest, requestDelayMs: delayMs, replyDelayMs: delayMs };
}

/** One way of the state. */
export interface WayState {
  readonly passage: LinkWay;
  readonly delayMs: number;
  readonly jitterMs: number;
}

export function requestsOf({ requests, requestDelayMs, jitterMs }: RelayState): WayState {
  return { passage: requests, delayMs: requestDelayMs, jitterMs };
}

export function repliesOf({ replies, replyDelayMs, jitterMs }: RelayState): WayState {
  return { passage: replies, delayMs: replyDelayMs, jitterMs };
}
