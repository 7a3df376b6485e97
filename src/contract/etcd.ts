/**
 * The port through which a lock design talks to etcd: leases, the transaction and the watch of its lock recipe, and nothing
 * else. As with Redis, a failure says whether the request may have been executed. No request is sent twice, but one that no
 * node can have executed goes to the next node, within the same deadline.
 */
import type { Cancel, Failure } from './redis.js';

export type EtcdAnswer<T> =
  { readonly failure: null; readonly reply: T } | { readonly failure: Failure; readonly reply: null };

export interface EtcdKey {
  readonly key: string;
  readonly value: string;
  /** Of the whole store, and larger for every key that is created later: a fencing token. */
  readonly createRevision: bigint;
  readonly lease: bigint;
}

/** As of when an answer is. */
export interface EtcdMoment {
  readonly revision: bigint;
  /** Grows with every election: two answers of one term had one leader. */
  readonly term: bigint;
}

/** `timeoutMs` runs from the send and covers all nodes that are tried. Nothing rejects. */
export interface EtcdCluster {
  /** A lease with a number of one's own choice, positive and of 63 bits. The cluster may make it longer than asked. */
  grant(lease: bigint, ttlSeconds: number, timeoutMs: number): Promise<EtcdAnswer<{ readonly ttlSeconds: number }>>;
  /** Once. `ttlSeconds` 0: there is no such lease. */
  keepAlive(lease: bigint, timeoutMs: number): Promise<EtcdAnswer<EtcdMoment & { readonly ttlSeconds: number }>>;
  /** Its keys go with it, and what has not been executed yet cannot put another under it. */
  revoke(lease: bigint, timeoutMs: number): Promise<EtcdAnswer<{ readonly existed: boolean }>>;
  /** In one transaction: the key is created under the lease where there is none, and the youngest two under the prefix are read. */
  create(
    key: string,
    lease: bigint,
    prefix: string,
    timeoutMs: number,
  ): Promise<EtcdAnswer<EtcdMoment & { readonly created: boolean; readonly youngest: readonly EtcdKey[] }>>;
  /** Linearizable. The youngest first, none created after `lastCreated`. */
  range(
    prefix: string,
    lastCreated: bigint,
    limit: number,
    timeoutMs: number,
  ): Promise<EtcdAnswer<EtcdMoment & { readonly keys: readonly EtcdKey[] }>>;
  /**
   * Resolves when the key has been deleted at this revision or later; with 'gap' when that could have been missed, so one has
   * to look; with 'cancelled' when it is not wanted any more.
   */
  deleted(key: string, sinceRevision: bigint, cancel: Cancel): Promise<'deleted' | 'gap' | 'cancelled'>;
}
