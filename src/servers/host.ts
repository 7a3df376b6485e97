/** What every way of coming by servers gives: a topology on demand, and a tidy end. */
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Environment, Topology } from '../contract/index.js';
import type { Fleet } from './fleet.js';

export interface ServerHost {
  readonly kind: 'process' | 'container' | 'external';
  /** Servers of one topology, ready for use, with no key of ours on them. Rejects with a LockbenchError. */
  provision(topology: Topology): Promise<Provisioned>;
  /** Stops what is still running and leaves nothing behind. May be called twice. */
  close(): Promise<void>;
}

export interface Provisioned {
  /** In the order of roles: single -> [primary]; quorum -> its masters; replicated -> [primary, replica 1, ...]; none -> []. */
  readonly endpoints: readonly NodeEndpoint[];
  readonly servers: Environment['servers'];
  /** Null where the server is no process of this machine's. */
  readonly pids: readonly (number | null)[];
  /** CPU time that each server has used so far; NaN for one that does not answer. */
  cpuMs(): Promise<readonly number[]>;
  /** Tells in words of servers lost unasked ("master 3 exited (SIGKILL)"); returns the way to stop listening. */
  onIncident(listener: (text: string) => void): () => void;
  /** Our keys, distinct, over all masters that answer. */
  keysLeft(): Promise<readonly string[]>;
  /** Names of the masters that do not answer now. */
  unreachable(): Promise<readonly string[]>;
  /** Deletes the keys under our prefix, and no others. */
  removeKeys(): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
}

/** `stop` ends the servers, or takes our leave of them; the fleet's own connections are closed here. */
export async function provisionedOf(fleet: Fleet, stop: () => Promise<void>): Promise<Provisioned> {
  const servers = await fleet.facts();
  let stopping: Promise<void> | null = null;
  return {
    endpoints: fleet.members.map((member) => member.endpoint),
    servers,
    pids: fleet.members.map((member) => member.pid),
    cpuMs: () => fleet.cpuMs(),
    onIncident: (listener) => fleet.onIncident(listener),
    keysLeft: () => fleet.keysLeft(),
    unreachable: () => fleet.unreachable(),
    removeKeys: () => fleet.removeKeys(),
    stop() {
      fleet.leave();
      return (stopping ??= stop().finally(() => fleet.close()));
    },
  };
}
