/** The process of a holder is killed: nobody gives its locks back. */
import type { Fault } from '../contract/index.js';

export default {
  name: 'crash-holder',
  help: 'SIGKILL of a worker process while one of its contenders holds',
  hits: 'contender',
  defaultTarget: '',
  events: ['granted', 'checked', 'extend-sent'],
  instant: true,
  options: {},
  needs: { isolate: 'process' },
  async strike(lab) {
    const caught = await lab.contenders.catch(
      lab.fault.event ?? 'granted',
      lab.fault.nth,
      { kind: 'crash' },
      lab.patienceMs,
    );
    if (caught === null) throw new Error(`the event did not come within ${Math.round(lab.patienceMs)} ms`);
    const atMs = lab.nowMs();
    const { outcome } = await caught.over;
    return {
      what: `worker ${caught.worker} was killed while ${caught.name} held key ${caught.key}`,
      atMs,
      probe: () => Promise.resolve(outcome === 'crashed' ? null : `the worker lives: ${outcome}`),
    };
  },
} satisfies Fault;
