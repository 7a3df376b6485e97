/** What every way of coming by servers gives: a topology on demand, and a tidy end. */
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Environment, Topology } from '../contract/index.js';
import { remoteControl, type ServerControl } from './control.js';
import type { Fleet } from './fleet.js';
import type { Watch } from './sentinels.js';
import type { ShimNeeds } from './shims/preload.js';

export interface ServerHost {
  readonly kind: 'process' | 'container' | 'external';
  /**
   * Servers of one topology, ready for use, with no key of ours on them. Rejects with a LockbenchError. Shims are for our
   * own processes only; other hosts pass over them, and their `controls` say so when they are used.
   */
  provision(topology: Topology, needs?: ShimNeeds): Promise<Provisioned>;
  /** Stops what is still running and leaves nothing behind. May be called twice. */
  close(): Promise<void>;
}

export interface Provisioned {
  /** In the order of roles: single -> [primary]; quorum -> its masters; replicated, sentinel -> [primary, replica 1, ...]; none -> []. */
  readonly endpoints: readonly NodeEndpoint[];
  readonly servers: Environment['servers'];
  /** In the same order: for faults. Servers that are no processes of ours can only be called. */
  readonly controls: readonly ServerControl[];
  /** Who watches over them; none but in a topology of that kind. The endpoint of the primary tells where they are. */
  readonly sentinels: readonly ServerControl[];
  /** As of now: a server that was started again has another. Null where the server is no process of this machine's. */
  readonly pids: readonly (number | null)[];
  /** Of each server, its process and the children that work for it, as of now; empty where it is none of this machine's. */
  readonly families: readonly (readonly number[])[];
  /** CPU time that each server has used so far; NaN for one that does not answer. */
  cpuMs(): Promise<readonly number[]>;
  /** Tells in words of servers lost unasked ("master 3 exited (SIGKILL)"); returns the way to stop listening. */
  onIncident(listener: (text: string) => void): () => void;
  /** Our keys, distinct, over all masters that answer. */
  keysLeft(): Promise<readonly string[]>;
  /** Names of the masters that do not answer now. */
  unreachable(): Promise<readonly string[]>;
  /** Index of the server that leads the others now; null where none does, or none can be asked. */
  leader(): Promise<number | null>;
  /** Deletes the keys under our prefix, and no others. */
  removeKeys(): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
}

/** `stop` ends the servers, or takes our leave of them; the fleet's own connections are closed here. */
export async function provisionedOf(
  fleet: Fleet,
  stop: () => Promise<void>,
  controls: readonly ServerControl[] = fleet.members.map((member, i) => remoteControl(fleet, member, i)),
  watch: Watch | null = null,
): Promise<Provisioned> {
  const servers = await fleet.facts();
  let stopping: Promise<void> | null = null;
  return {
    endpoints: fleet.members.map(({ endpoint }, i) =>
      i === 0 && watch !== null ? { ...endpoint, sentinel: watch.role } : endpoint,
    ),
    servers,
    controls,
    sentinels: watch?.controls ?? [],
    get pids() {
      return controls.map((control) => control.pid);
    },
    get families() {
      return controls.map((control) => control.family());
    },
    cpuMs: () => fleet.cpuMs(),
    onIncident(listener) {
      const stops = [fleet.onIncident(listener), watch?.fleet.onIncident(listener)];
      return () => stops.forEach((stop) => stop?.());
    },
    keysLeft: () => fleet.keysLeft(),
    unreachable: () => fleet.unreachable(),
    leader: () => fleet.leader(),
    removeKeys: () => fleet.removeKeys(),
    stop() {
      fleet.leave();
      watch?.fleet.leave();
      return (stopping ??= stop().finally(() => {
        fleet.close();
        watch?.fleet.close();
      }));
    },
  };
}
