/** What the faults of a plan ask of the servers, before these are started. */
import { LockbenchError, type Fault, type Plan } from '../contract/index.js';
import { choosePlugins } from '../base/plugins.js';
import type { ServerHost, ShimNeeds } from '../servers/provision.js';

export async function faultsOf({ faults }: Plan): Promise<readonly Fault[]> {
  const names = faults.map(({ name }) => name);
  const found = await choosePlugins<Fault>('fault', names);
  return found.filter(({ name }) => names.includes(name));
}

export function shimsFor(faults: readonly Fault[]): ShimNeeds {
  return {
    clockShim: faults.some(({ needs }) => needs.clockShim === true),
    fsyncShim: faults.some(({ needs }) => needs.fsyncShim === true),
  };
}

/** Where the servers come from is known only now, when that was left to us. */
export function refuseForeignServers(hosts: readonly ServerHost[], faults: readonly Fault[]): void {
  const fault = faults.find(({ needs }) => needs.ownServers === true);
  const host = hosts.find(({ kind }) => kind !== 'process');
  if (fault === undefined || host === undefined) return;
  throw new LockbenchError(
    'BAD_PLAN',
    `${fault.name} needs servers that are processes of ours, and these are ${host.kind === 'container' ? 'containers' : 'external'}`,
    'A server program on PATH is enough; bench doctor tells what was found.',
  );
}
