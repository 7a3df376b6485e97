/** What the faults of the network have in common: the links to the targets change, and change back. */
import type { FaultLab, FaultLink, LinkState, Strike } from '../contract/index.js';
import { names } from './aim.js';

const passing: LinkState = { requests: 'pass', replies: 'pass', delayMs: 0, jitterMs: 0 };

export async function changeLinks(lab: FaultLab, state: Partial<LinkState>, verb: string): Promise<Strike> {
  const links = lab.links(lab.targets);
  await touchedBy(links);
  lab.onHeal(() => Promise.all(links.map((link) => link.set(passing))));
  await Promise.all(links.map((link) => link.set(state)));
  return {
    what: `${verb} ${names(lab.targets)} for ${clientsOf(links)}`,
    atMs: lab.nowMs(),
    probe: async () => ((await touchedBy(links)) > 0 ? null : 'nothing went over these links meanwhile'),
  };
}

export async function touchedBy(links: readonly FaultLink[]): Promise<number> {
  const counts = await Promise.all(links.map((link) => link.touched()));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** "worker 0", "all workers" */
export function clientsOf(links: readonly FaultLink[]): string {
  const clients = new Set(links.map(({ name }) => name.split(' to ')[0]));
  return clients.size === 1 ? [...clients][0]! : 'all workers';
}
