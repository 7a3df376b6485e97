/** What the restarts have in common: servers that know a held lock are killed and come back at once. */
import type { FaultLab, FaultServer, RestartData, Strike } from '../contract/index.js';
import { aim, names } from './aim.js';

export async function bounce(lab: FaultLab, data: RestartData, how: string): Promise<Strike> {
  const { victims, when, struck, probe } = await aim(lab);
  const atMs = lab.nowMs();
  await Promise.all(victims.map((server) => killed(lab, server)));
  struck();
  const starts = await Promise.all(victims.map((server) => server.start(data)));
  const lostBytes = starts.reduce((sum, one) => sum + one.lostBytes, 0);
  const bytes = data === 'synced' ? `, ${lostBytes} bytes of it not yet on the disk and lost` : '';
  return {
    what: `SIGKILL to ${names(victims)} ${when}; back ${how} after ${Math.round(lab.nowMs() - atMs)} ms${bytes}`,
    atMs,
    hit: victims,
    lost: data === 'empty' ? victims : victims.filter((_, i) => starts[i].lostBytes > 0),
    probe,
  };
}

/** Should it not come back as it was meant to, it does in the end. */
export async function killed(lab: FaultLab, server: FaultServer): Promise<void> {
  await server.kill();
  lab.onHeal(async () => {
    const answers = await server.call('PING').then(
      () => true,
      () => false,
    );
    if (!answers) await server.start('kept');
  });
}
