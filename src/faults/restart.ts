/** A server is killed and comes back at once with what it had written; the page cache survives it. */
import type { Fault } from '../contract/index.js';
import { bounce } from './bounce.js';

export default {
  name: 'restart',
  help: 'SIGKILL of servers that know a held lock; back at once with their data',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  needs: { ownServers: true },
  refuses: ({ persistence }) =>
    persistence === 'none'
      ? 'without persistence there are no data to come back with; use restart-empty, or --persistence always'
      : null,
  strike: (lab) => bounce(lab, 'kept', 'with its data'),
} satisfies Fault;
