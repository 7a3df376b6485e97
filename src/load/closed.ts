/** Closed loop: each contender comes back after its think time, so load sinks when the lock is slow. */
import type { LoadShape } from '../contract/index.js';

export default {
  name: 'closed',
  help: 'each contender comes back after --think (uniform between half and one and a half of it)',
  open: false,
  arrivals: ({ thinkMs, random }) => ({
    nextMs: (freeMs) => freeMs + thinkMs * (0.5 + random()),
    missed: () => [],
  }),
} satisfies LoadShape;
