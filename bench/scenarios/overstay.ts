/** Work that takes longer than its lease, by a program that does not look: what plain DEL does to the others. */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'overstay',
  help: 'naive holders that work longer than their lease: release by DEL steals, by compare-and-delete does not',
  options: { strategy: 'single-del,single', holder: 'naive', ttl: '200ms', hold: '300ms', keys: '1', duration: '5s' },
} satisfies Scenario;
