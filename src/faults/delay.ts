/** Answers become slow. */
import type { Fault } from '../contract/index.js';
import { changeLinks } from './links.js';

interface DelayOptions {
  readonly by: number;
  readonly jitter: number;
}

export default {
  name: 'delay',
  help: 'requests and replies take longer',
  hits: 'network',
  defaultTarget: '1',
  clients: 'all',
  options: {
    by: { kind: 'duration', default: 100, minMs: 1, maxMs: 60_000, help: 'added to the round trip' },
    jitter: { kind: 'duration', default: 0, minMs: 0, maxMs: 60_000, help: 'added on top, up to this, at random' },
  },
  needs: { relay: true },
  strike: (lab, { by, jitter }) =>
    changeLinks(
      lab,
      { delayMs: by / 2, jitterMs: jitter / 2 },
      `${by} ms${jitter > 0 ? ` to ${by + jitter} ms` : ''} more to`,
    ),
} satisfies Fault<DelayOptions>;
