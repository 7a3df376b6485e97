/** What the restarts have in common: servers that know a held lock are killed and come back at once. */
import type { FaultLab, RestartData, Strike } from '../contract/index.js';
import { aim, names } from './aim.js';

export async function bounce(lab: FaultLab, data: RestartData, how: string): Promise<Strike> {
  const { victims, when } = await aim(lab);
  const atMs = lab.nowMs();
  await Promise.all(victims.map((server) => server.kill()));
  const starts = await Promise.all(victims.map((server) => server.start(data)));
  const lost = starts.reduce((sum, { lostBytes }) => sum + lostBytes, 0);
  const bytes = data === 'synced' ? `, ${lost} bytes of it not yet on the disk and lost` : '';
  return {
    what: `SIGKILL to ${names(victims)} ${when}; back ${how} after ${Math.round(lab.nowMs() - atMs)} ms${bytes}`,
    atMs,
    hit: victims,
    probe: () => Promise.resolve(null),
    heal: () => Promise.resolve(),
  };
}
