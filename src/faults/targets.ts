/**
 * Which servers a fault is aimed at. A target is a number of servers, a share of them, a role, or one of them by number;
 * network faults may add whose way there is meant: `2/all` are two servers for all clients, `2/one` for one of them.
 */
import type { Topology } from '../contract/index.js';

export interface Target {
  /** Indices in the order of roles; `leader`: whoever leads the others when it strikes. */
  readonly servers: readonly number[] | 'leader';
  readonly clients: 'one' | 'all' | null;
}

export const targetHelp =
  'a number of servers, minority, majority, all, primary, replicas, leader or node-3; for the network also 2/one or 2/all';

/** `taken` are those that earlier faults are aimed at; `shuffle` draws the order. In words, why not, where it cannot be. */
export function targetOf(
  text: string,
  topology: Topology,
  taken: ReadonlySet<number>,
  shuffle: (indices: readonly number[]) => readonly number[],
): Target | { readonly wrong: string } {
  const [what = '', whose, ...more] = text.split('/');
  if (more.length > 0 || (whose !== undefined && whose !== 'one' && whose !== 'all')) return { wrong: targetHelp };
  const servers = serversOf(what, topology, taken, shuffle);
  return 'wrong' in servers ? servers : { servers: servers.indices, clients: whose ?? null };
}

function serversOf(
  what: string,
  { kind, nodes, replicas }: Topology,
  taken: ReadonlySet<number>,
  shuffle: (indices: readonly number[]) => readonly number[],
): { readonly indices: Target['servers'] } | { readonly wrong: string } {
  const count = nodes + replicas;
  const every = Array.from({ length: count }, (_, index) => index);
  if (what === 'all') return { indices: every };
  if (what === 'primary' || what === 'replicas') {
    if (replicas === 0 && !(what === 'primary' && count === 1))
      return { wrong: `${what} of a replicated topology (this one has ${count} equal servers)` };
    return { indices: what === 'primary' ? [0] : every.slice(1) };
  }
  if (what === 'leader')
    return kind === 'cluster'
      ? { indices: 'leader' }
      : { wrong: 'a target other than leader: these servers have none' };
  const one = /^node-(\d+)$/.exec(what);
  if (one !== null) {
    const index = Number(one[1]) - 1;
    return index >= 0 && index < count ? { indices: [index] } : { wrong: `node-1 to node-${count}` };
  }
  const wanted =
    what === 'minority' ? Math.ceil(nodes / 2) - 1 : what === 'majority' ? Math.floor(nodes / 2) + 1 : Number(what);
  if (!/^(minority|majority|\d+)$/.test(what) || wanted < 1) return { wrong: targetHelp };
  // The roles of a replicated topology differ: without a role named, the one that clients talk to is meant.
  const candidates = replicas > 0 ? [0] : shuffle(every.filter((index) => !taken.has(index)));
  if (wanted > candidates.length) return { wrong: tooMany(candidates.length, count, replicas > 0) };
  return { indices: candidates.slice(0, wanted).sort((a, b) => a - b) };
}

function tooMany(left: number, count: number, replicated: boolean): string {
  if (left === count) return `at most ${count} servers`;
  const why = replicated ? 'the others have another role' : 'the others have a fault already';
  return `at most ${left} of ${count} servers: ${why}`;
}
