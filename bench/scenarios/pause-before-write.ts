/** The pause that no check of the lease can catch (Kleppmann, same article, "Protecting a resource with a lock"). */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'pause-before-write',
  help: 'a holder stands still between its last check and its write: no two leases overlap, and an update is lost',
  options: { strategy: 'single,redlock', fault: 'pause-before-write', workload: 'counter' },
} satisfies Scenario;
