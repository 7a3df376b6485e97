/** As `restart`, and what had not been synced to the disk is gone. A kill alone never shows it: the page cache survives. */
import type { Fault } from '../contract/index.js';
import { bounce } from './bounce.js';

export default {
  name: 'power-loss',
  help: 'servers that know a held lock lose what was not synced to the disk, and come back',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  engines: ['redis', 'library'],
  needs: { ownServers: true, fsyncShim: true },
  refuses: ({ persistence }) =>
    persistence === 'none'
      ? 'without persistence nothing is on the disk; use restart-empty, or --persistence everysec'
      : null,
  strike: (lab) => bounce(lab, 'synced', 'with what the disk had'),
} satisfies Fault;
