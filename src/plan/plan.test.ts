import { beforeAll, describe, expect, it } from 'vitest';
import { LockbenchError } from '../contract/index.js';
import { openCatalogue } from './catalogue.js';
import { describePlan } from './describe.js';
import { resolvePlan } from './resolve.js';
import type { Catalogue, RawOptions } from './catalogue.js';
import { formatRetry, parseRetry } from './retry-text.js';
import { parseStoredPlan, restorePlan } from './stored-plan.js';
import { parseStrategies } from './strategy-text.js';

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await openCatalogue();
});

const plan = (raw: RawOptions = {}) => resolvePlan(raw, catalogue, [], 7);

function refusal(raw: RawOptions): string {
  try {
    plan(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(LockbenchError);
    return (error as LockbenchError).message;
  }
  throw new Error(`${JSON.stringify(raw)} was accepted`);
}

describe('a plan', () => {
  it('without options is redlock over five nodes', () => {
    const { strategies, seed, durationMs } = plan();
    expect(strategies).toMatchObject([{ label: 'redlock', topology: { kind: 'quorum', nodes: 5 }, client: 'ioredis' }]);
    expect([seed, durationMs]).toEqual([7, 10_000]);
  });

  it('is frozen, and survives JSON', () => {
    const one = plan({ strategy: 'single,redlock@quorum=all' });
    expect(JSON.parse(JSON.stringify(one))).toEqual(one);
    expect(Object.isFrozen(one.strategies[1].options)).toBe(true);
  });

  it('gives each contestant its own options, client, nodes and retry', () => {
    const { strategies } = plan({ strategy: 'redlock,redlock@quorum=all,client=node-redis,nodes=3,retry=fixed:20ms' });
    expect(strategies.map((one) => one.label)).toEqual([
      'redlock',
      'redlock@quorum=all,client=node-redis,nodes=3,retry=fixed:20ms',
    ]);
    expect(strategies[1]).toMatchObject({
      options: { quorum: 'all' },
      client: 'node-redis',
      topology: { nodes: 3 },
      retry: { kind: 'fixed', minMs: 20 },
      claims: { toleratesDown: 0, toleratesLoss: 2 },
    });
  });

  it('judges what a quorum promises', () => {
    const claims = (quorum: string) => plan({ strategy: `redlock@quorum=${quorum}` }).strategies[0].claims;
    expect(claims('2').exclusion).toBe(false);
    expect(claims('majority')).toMatchObject({ exclusion: true, toleratesDown: 2, toleratesLoss: 0 });
    expect(claims('4')).toMatchObject({ toleratesDown: 1, toleratesLoss: 2 });
  });

  it('promises nothing of a primary that comes back empty, for its replicas follow it', () => {
    for (const strategy of ['failover@waitReplicas=all', 'failover-sentinel@waitReplicas=all'])
      expect(plan({ strategy }).strategies[0].claims).toMatchObject({ exclusion: true, toleratesLoss: 0 });
  });

  it('takes a rate as --load rate', () => {
    expect(plan({ rate: '100' })).toMatchObject({ load: 'rate', rateHz: 100 });
    expect(refusal({ rate: '100', load: 'closed' })).toContain('--rate');
    expect(refusal({ load: 'rate' })).toContain('--rate');
  });

  it.each<[RawOptions, string]>([
    [{ strategy: 'redlok' }, 'did you mean redlock'],
    [{ strategy: '' }, 'at least one strategy'],
    [{ nodes: '0' }, 'a whole number from 1 to 99'],
    [{ ttl: '-5' }, 'a duration from'],
    [{ rate: '0' }, '--rate: got "0"'],
    [{ duration: '10 parsecs' }, 'such as 500us'],
    [{ workload: 'countr' }, 'did you mean counter'],
    [{ strategy: 'single@quorum=all' }, 'option of single'],
    [{ strategy: 'single', nodes: '3' }, 'a strategy of quorum or cluster topology'],
    [{ strategy: 'redlock', replicas: '1' }, 'a strategy of replicated or sentinel topology'],
    [{ strategy: 'redlock@quorum=6' }, 'quorum=6 needs as many nodes'],
    [{ strategy: 'redlock@quorum=half' }, 'one of majority, all'],
    [{ strategy: 'failover@waitReplicas=3' }, 'waitReplicas=3 needs as many replicas'],
    [{ strategy: 'redlock,redlock' }, 'each contestant once'],
    [{ strategy: 'redlock', ttl: '10ms' }, 'for redlock'],
    [{ retry: 'sometimes' }, 'full-jitter:MIN-MAX'],
    [{ servers: 'external' }, '--redis'],
    [{ 'key-prefix': '' }, '--key-prefix'],
    [{ nonsense: '1' }, '--nonsense'],
  ])('refuses %j', (raw, words) => expect(refusal(raw)).toContain(words));

  it('tells all problems at once', () => {
    const told = refusal({ nodes: '0', ttl: 'x', strategy: 'redlok' });
    expect(told.split('\n')).toHaveLength(3);
  });

  it('keeps leases alive at a third of their TTL, and never more often than every 5 ms', () => {
    const every = (ttl: string) => plan({ strategy: 'single', 'auto-extend': 'true', ttl }).extendEveryMs;
    expect([every('3s'), every('100ms'), every('8ms')]).toEqual([1000, 33, 5]);
    expect(refusal({ strategy: 'single', 'auto-extend': 'true', ttl: '5ms' })).toContain('--ttl');
    expect(refusal({ 'auto-extend': 'true', 'extend-every': '1s' })).toContain(
      'either --auto-extend or --extend-every',
    );
    expect(refusal({ 'max-extensions': '3' })).toContain('it needs --auto-extend or --extend-every');
  });

  it('limits extensions for all designs, or for one', () => {
    const { maxExtensions, strategies } = plan({
      strategy: 'none,redlock,redlock@maxExtensions=7',
      'auto-extend': 'true',
      'max-extensions': '3',
    });
    expect([maxExtensions, ...strategies.map(({ options }) => options['maxExtensions'])]).toEqual([3, undefined, 3, 7]);
  });

  it('is described in words', () => {
    expect(describePlan(plan({ seed: '42' })).join('\n')).toMatch(/seed 42: redlock[\s\S]*one key[\s\S]*ttl/);
  });
});

describe('a stored plan', () => {
  const read = (text: string) => restorePlan(parseStoredPlan(text), catalogue);
  const changed = (change: object): string => JSON.stringify({ ...plan(), ...change });

  it.each<RawOptions>([
    {},
    { strategy: 'single,failover@waitReplicas=all,timeout=20ms', rate: '50', 'extend-every': '100ms', replicas: '3' },
    {
      strategy: 'redlock,redlock@quorum=4,nodes=7,client=node-redis,retry=fixed:20ms,retries=3',
      operations: '500',
      hold: '500us',
    },
    { strategy: 'none,single', 'auto-extend': 'true', 'max-extensions': '3' },
    { strategy: 'none', warmup: '0', retry: 'uniform:0-1s', 'key-choice': 'zipf', keys: '10', persistence: 'always' },
  ])('gives the same plan again: %j', (raw) => expect(read(JSON.stringify(plan(raw)))).toEqual(plan(raw)));

  it('judges the claims again, whatever the file says', () => {
    const [redlock] = plan().strategies;
    const claims = { ...redlock.claims, exclusion: false };
    expect(read(changed({ strategies: [{ ...redlock, claims }] })).strategies[0].claims.exclusion).toBe(true);
  });

  it.each([
    ['{', 'no JSON'],
    ['null', 'schema version null'],
    [JSON.stringify({ schemaVersion: 99 }), 'schema version 99'],
    [JSON.stringify({ schemaVersion: 1, strategies: [] }), 'names no strategies'],
    [JSON.stringify({ schemaVersion: 1, strategies: null }), 'names no strategies'],
    [JSON.stringify({ schemaVersion: 1, strategies: [{ name: 'single' }] }), 'not possible'],
  ])('refuses %s', (text, words) => expect(() => read(text)).toThrow(words));

  it.each<[object, string]>([
    [{ workers: -1 }, '--workers'],
    [{ workers: 'two' }, '--workers'],
    [{ keys: 1e300 }, '--keys'],
    [{ seed: 1.5 }, '--seed'],
    [{ operations: -1 }, '--operations'],
    [{ ttlMs: 1 }, '--ttl'],
    [{ load: 'rate' }, '--rate'],
    [{ extra: 1 }, 'extra is 1'],
    [{ strategies: [{ name: 'redlok' }] }, 'did you mean redlock'],
  ])('refuses what a command line would: %j', (change, words) => expect(() => read(changed(change))).toThrow(words));

  it('refuses what no options mean', () => {
    const [redlock] = plan().strategies;
    expect(() =>
      read(changed({ strategies: [{ ...redlock, topology: { kind: 'single', nodes: 1, replicas: 0 } }] })),
    ).toThrow('strategies is');
    const { thinkMs: _, ...without } = plan();
    expect(() => read(JSON.stringify(without))).toThrow('--think');
  });
});

describe('texts', () => {
  it('of strategies keep settings with the strategy before them', () => {
    expect(parseStrategies('./node_modules/@me/lock.js,/x/@me/lock.js@a=1')).toEqual([
      { name: './node_modules/@me/lock.js', settings: [] },
      { name: '/x/@me/lock.js', settings: [['a', '1']] },
    ]);
    expect(parseStrategies('a, b@x=1,y=2,./c.js@z=3,d')).toEqual([
      { name: 'a', settings: [] },
      {
        name: 'b',
        settings: [
          ['x', '1'],
          ['y', '2'],
        ],
      },
      { name: './c.js', settings: [['z', '3']] },
      { name: 'd', settings: [] },
    ]);
  });

  it.each(['full-jitter:5ms-500ms', 'uniform:0us-500ms', 'fixed:200ms'])('of retry %s are read and written', (text) => {
    const parsed = parseRetry(text);
    expect('value' in parsed && parseRetry(formatRetry({ ...parsed.value, limit: null }))).toEqual(parsed);
  });

  it.each(['fixed', 'uniform', 'full-jitter'])('of retry may be the kind alone: %s', (text) =>
    expect(parseRetry(text)).toHaveProperty('value'),
  );
  it.each(['', 'uniform:500ms-5ms', 'full-jitter:0-5ms', 'fixed:soon'])('of retry are refused: %j', (text) =>
    expect(parseRetry(text)).toHaveProperty('expected'),
  );
});
