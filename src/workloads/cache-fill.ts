/**
 * Entries of a cache that are computed anew in every generation. The lock is there for efficiency: an entry that is computed
 * twice costs time and harms nobody. An item is an entry; its value, the generation that it was computed in.
 */
import type { Workload } from '../contract/index.js';

const entries = 4;
const generationMs = 50;

export default {
  name: 'cache-fill',
  help: 'compute an entry of a cache when it is out of date; a lock for efficiency',
  invariant: 'an entry is computed once',
  harm: { one: 'entry computed twice', many: 'entries computed twice', costOnly: true },
  oneItem: false,
  async section(resource, guard, { holdMs, nowMs }) {
    if (!guard.mayProceed()) return 0;
    const askedMs = nowMs();
    const entry = Math.floor(askedMs) % entries;
    const generation = Math.floor(askedMs / generationMs);
    const computed = await resource.read(entry);
    const stale = computed !== null && computed < generation;
    await guard.pause(stale ? holdMs : 0);
    if (!stale || !guard.mayProceed()) return 0;
    return (await resource.write(entry, generation)) ? 1 : 0;
  },
} satisfies Workload;
