/** What a lock design on ZooKeeper is given. */
import type { Endpoint } from './plan.js';

export interface ZookeeperEnsemble {
  /** Of its nodes, in the order of their roles. */
  readonly endpoints: readonly Endpoint[];
}
