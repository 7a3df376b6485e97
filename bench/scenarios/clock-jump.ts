/** Kleppmann's third counterexample to Redlock ("How to do distributed locking", "Making Redlock safe"). */
import type { Scenario } from '../../src/cli/options.js';

export default {
  name: 'clock-jump',
  help: 'one client is cut off from two of five nodes, and the clock of a third jumps: majority against all',
  options: {
    strategy: 'redlock,redlock@quorum=all',
    nodes: '5',
    fault: 'cut:2@1s clock-jump:1@2s',
    trials: '5',
  },
} satisfies Scenario;
