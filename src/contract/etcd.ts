/** What a lock design on etcd is given. */
import type { Endpoint } from './plan.js';

export interface EtcdCluster {
  /** Of its nodes, in the order of their roles. */
  readonly endpoints: readonly Endpoint[];
}
