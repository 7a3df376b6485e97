/** What the READMEs of these libraries promise. A lock that keeps less of it fails its conformance cases, with evidence. */
import type { Claims, Judgement, Topology } from '../../src/contract/index.js';
import type { PeerOptions } from './profiles.js';

/** Longer than any library takes to round. */
const ttl = { minMs: 10, maxMs: 86_400_000 } as const;

export function majorityOf(nodes: number): number {
  return Math.floor(nodes / 2) + 1;
}

type More = Partial<Claims> | ((options: PeerOptions) => Partial<Claims>);

const moreOf = (more: More, options: PeerOptions): Partial<Claims> =>
  typeof more === 'function' ? more(options) : more;

/** Those that follow the Redlock text: exclusion, expiry, release by value, and a lock as long as a majority is up. */
export function judgeQuorum(more: More): (options: PeerOptions, topology: Topology) => Judgement {
  return (options, { nodes }) => {
    const quorum = majorityOf(nodes);
    const common = 2 * quorum - nodes;
    const claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: nodes - quorum };
    return { claims: { ...claims, toleratesLoss: common - 1, ...moreOf(more, options) }, ttl };
  };
}

export function judgeSingle(more: More): (options: PeerOptions) => Judgement {
  const claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 };
  return (options) => ({ claims: { ...claims, ...moreOf(more, options) }, ttl });
}
