import { beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue, type Catalogue, type RawOptions } from './catalogue.js';
import { parseFault } from './fault-text.js';
import { resolvePlan } from './resolve.js';
import { parseStoredPlan, restorePlan } from './stored-plan.js';

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await openCatalogue();
});
const plan = (raw: RawOptions) => resolvePlan({ workers: '2', ...raw }, catalogue, [], 1);

describe('the text of a fault', () => {
  it('has a name, a target, a start, a duration and options', () => {
    expect(parseFault('delay:2/all@1500ms+2s,by=20ms,jitter=5ms')).toEqual({
      name: 'delay',
      target: '2/all',
      startMs: 1500,
      event: null,
      nth: 1,
      durationMs: 2000,
      settings: [
        ['by', '20ms'],
        ['jitter', '5ms'],
      ],
    });
    expect(parseFault('pause-before-write@checked#5')).toMatchObject({ event: 'checked', nth: 5, startMs: null });
    expect(parseFault('kill')).toMatchObject({ target: null, startMs: null, durationMs: null });
  });

  it.each(['', 'Cut', 'cut:', 'cut@', 'cut@soon', 'cut+', 'cut+0s', 'cut@granted#0', 'cut,by', 'cut@1s@2s'])(
    '%j is refused',
    (text) => expect(parseFault(text)).toHaveProperty('expected'),
  );
});

describe('a plan with faults', () => {
  it('puts them in order of mention, with what was not said filled in', () => {
    const { faults, durationMs } = plan({ strategy: 'redlock', fault: 'cut:2@1s clock-jump:1@2s,by=9s', ttl: '2s' });
    expect(faults).toEqual([
      { text: 'cut:2@1s', name: 'cut', target: '2', startMs: 1000, event: null, nth: 1, durationMs: null, options: {} },
      expect.objectContaining({ name: 'clock-jump', options: { by: 9000, back: false } }),
    ]);
    expect(durationMs).toBe(10_000);
  });

  it('runs trials no longer than two leases need', () => {
    const trials = plan({ strategy: 'redlock', fault: 'cut:2@1s+500ms', ttl: '1s', trials: '20' });
    expect(trials).toMatchObject({ repeat: 20, trials: true, durationMs: 1500 + 2000 + 1000 });
  });

  it('takes processes where a worker is killed, and a resource of its own where it is written to', () => {
    expect(plan({ strategy: 'setnx', fault: 'crash-holder@1s' })).toMatchObject({ isolate: 'process' });
    expect(plan({ strategy: 'single', fault: 'pause-before-write', workload: 'counter' })).toMatchObject({
      resource: 'server',
      isolate: 'thread',
    });
    expect(plan({ strategy: 'single', workload: 'counter' })).toMatchObject({ resource: 'memory' });
  });

  it.each([
    [{ strategy: 'redlock', fault: 'cuts:2' }, 'did you mean cut?'],
    [{ strategy: 'redlock', fault: 'cut:6' }, 'at most 5 servers'],
    [{ strategy: 'redlock', fault: 'cut:3 clock-jump:3' }, 'at most 2 of 5 servers: the others have a fault already'],
    [{ strategy: 'single', fault: 'promote-lagging@2s' }, 'there is no replica to promote (for single)'],
    [{ strategy: 'failover', fault: 'sentinel-failover' }, 'there are no sentinels'],
    [{ strategy: 'failover-sentinel', fault: 'promote-lagging' }, 'use sentinel-failover'],
    [{ strategy: 'failover-sentinel', fault: 'split-brain', workers: '1' }, 'one for each side'],
    [{ strategy: 'failover-sentinel', fault: 'kill:2' }, 'the others have another role'],
    [{ strategy: 'single', fault: 'restart' }, 'use restart-empty'],
    [{ strategy: 'single', fault: 'power-loss' }, 'use restart-empty'],
    [{ strategy: 'single', fault: 'crash-holder', isolate: 'thread' }, 'which must be a process'],
    [{ strategy: 'single', fault: 'pause-holder', workers: '1' }, 'at least 2 for pause-holder'],
    [{ strategy: 'single', fault: 'pause-holder:2' }, 'without a target'],
    [{ strategy: 'single', fault: 'freeze@granted' }, 'freeze chooses the moment'],
    [{ strategy: 'single', fault: 'crash-holder@acquire-sent' }, '@granted or @checked'],
    [{ strategy: 'failover', fault: 'promote-current@1s kill@2s' }, 'the roles of the servers are others'],
    [{ strategy: 'single', latency: '1ms,2ms' }, 'at most 1'],
    [{ strategy: 'single', fault: 'freeze:1/one' }, 'hits servers, not ways'],
    [{ strategy: 'single', fault: 'flushall+1s' }, 'without a duration'],
    [{ strategy: 'single', fault: 'delay,by=fast' }, 'a duration from'],
    [{ strategy: 'single', fault: 'delay,for=1s' }, 'there is no such option of delay'],
    [{ strategy: 'single', fault: 'pause-before-write' }, 'add --workload counter'],
    [{ strategy: 'single', fault: 'kill@20s', duration: '5s' }, 'a start before the end'],
    [{ strategy: 'single', trials: '3', repeat: '3' }, 'either --trials or --repeat'],
    [{ strategy: 'single', fencing: 'writes', workload: 'counter' }, 'single mints no fencing tokens'],
    [{ strategy: 'single', resource: 'server' }, 'protects nothing but time'],
    [{ strategy: 'single', workload: 'counter', isolate: 'process', resource: 'memory' }, 'share no memory'],
    [{ strategy: 'single', latency: 'x' }, 'durations up to'],
  ] as const)('%j is refused in words', (raw, words) => {
    expect(() => plan(raw)).toThrow(words);
  });

  it('leaves a control without servers in peace', () => {
    expect(plan({ strategy: 'none,redlock', fault: 'kill:2@1s' }).faults).toHaveLength(1);
  });

  it('is the same when it is read back', () => {
    const stored = plan({
      strategy: 'redlock',
      fault: 'cut:2@1s+300ms clock-jump:1@2s',
      workload: 'counter',
      latency: '1ms,20ms',
      trials: '4',
      isolate: 'process',
    });
    expect(restorePlan(parseStoredPlan(JSON.stringify(stored)), catalogue)).toEqual(stored);
    const moving = plan({ strategy: 'failover-sentinel@replicas=3', fault: 'split-brain@1s,minReplicas=1' });
    expect(moving.strategies[0].topology).toEqual({ kind: 'sentinel', nodes: 1, replicas: 3 });
    expect(restorePlan(parseStoredPlan(JSON.stringify(moving)), catalogue)).toEqual(moving);
  });
});
