/** The process of a holder is killed: nobody gives its locks back. */
import type { Fault } from '../contract/index.js';

export default {
  name: 'crash-holder',
  help: 'SIGKILL of a worker process while one of its contenders holds',
  hits: 'contender',
  defaultTarget: '',
  event: 'granted',
  instant: true,
  options: {},
  needs: { isolate: 'process' },
  async strike(lab) {
    const caught = await lab.contenders.catch('granted', lab.fault.nth, { kind: 'crash' }, lab.patienceMs);
    if (caught === null) throw new Error(`nobody was granted the lock within ${Math.round(lab.patienceMs)} ms`);
    const atMs = lab.nowMs();
    const { outcome } = await caught.over;
    return {
      what: `worker ${caught.worker} was killed while ${caught.name} held key ${caught.key}`,
      atMs,
      probe: () => Promise.resolve(outcome === 'crashed' ? null : `the worker lives: ${outcome}`),
      heal: () => Promise.resolve(),
    };
  },
} satisfies Fault;
