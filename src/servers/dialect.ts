/** What looking after servers of one engine takes: how they are reached, what they tell of themselves, where our locks are. */
import type { Admin } from '../clients/admin.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { ServerFacts } from './facts.js';

export interface Dialect {
  /** Connects and waits for an answer, each within the limit; so is every later call. Every admin answers PING. */
  openAdmin(endpoint: NodeEndpoint, limitMs: number): Promise<Admin>;
  /**
   * Version, and the settings that change what a lock costs or what a crash loses. Other engines than Redis say the latter in
   * words, as `durability`: "none", "fsync every second", "fsync", "quorum fsync".
   */
  facts(admin: Admin): Promise<Omit<ServerFacts, 'name'>>;
  /** CPU time used so far; NaN when it is not told. */
  cpuMs(admin: Admin): Promise<number>;
  /** Whether it leads the others now; absent where none does. */
  leads?(admin: Admin): Promise<boolean>;
  /** Locks of ours that are left there, by name as far as that can be told. */
  keysWith(prefix: string, admin: Admin): Promise<readonly string[]>;
  removeKeysWith(prefix: string, admin: Admin): Promise<void>;
}
