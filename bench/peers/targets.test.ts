import { describe, expect, it } from 'vitest';
import type { Cell, Measured } from './measured.js';
import { judgeTargets, type Judged } from './targets.js';
import { cell, measured } from './testing.js';

const free = { group: 'free-5', load: '64' } as const;
const ours = (cycles: number, label = 'redlock@client=pipelined'): Cell => cell({ ...free, label }, () => ({ cycles }));
const library = (label: string, cycles: number, equal: boolean): Cell =>
  cell({ ...free, label, kind: 'library', equal }, () => ({ cycles }));

function judged(of: Measured, what: RegExp): Judged {
  return judgeTargets(of).find(({ target }) => what.test(target.what))!;
}

const atDefaults = /cycles\/s: against the best library at its defaults/;

describe('a figure to reach', () => {
  it('is reached from its goal on, against the best of the libraries that it is about', () => {
    const others = [library('slow', 100, false), library('fast', 125, false), library('pipelined', 900, true)];
    expect(judged(measured([ours(1001), ...others]), atDefaults)).toMatchObject({
      verdict: 'reached',
      clear: true,
      found: { against: 'fast', figure: { estimate: expect.closeTo(8.008) as number } },
    });
    expect(judged(measured([ours(990), ...others]), atDefaults).verdict).toBe('not reached');
    expect(judged(measured([ours(990), ...others]), /automatic pipelining on/)).toMatchObject({
      verdict: 'not reached',
      found: { against: 'pipelined' },
    });
  });

  it('is told to be unclear where its interval has the goal in it', () => {
    const noisy = cell({ ...free, label: 'redlock@client=pipelined' }, (generation) => ({
      cycles: 600 + 200 * generation,
    }));
    expect(judged(measured([noisy, library('fast', 125, false)]), atDefaults)).toMatchObject({
      verdict: 'reached',
      clear: false,
    });
  });

  it('cannot be judged where a contestant is missing, and says why', () => {
    const reason = 'there is no such client';
    const gaps = [{ group: 'free-5', label: 'redlock@client=pipelined', generation: null, reason }] as const;
    expect(judged(measured([library('fast', 125, false)], { gaps }), atDefaults)).toMatchObject({
      verdict: 'cannot be judged',
      found: { missing: `redlock@client=pipelined: ${reason}` },
    });
    expect(judged(measured([ours(1000)]), atDefaults)).toMatchObject({
      verdict: 'cannot be judged',
      found: { missing: 'no library of that kind was measured' },
    });
    expect(judgeTargets(measured([])).map(({ verdict }) => verdict)).not.toContain('reached');
  });

  it('of a latency is reached from its goal down, against the lowest', () => {
    const rate = { group: 'rate-5', load: 'rate' } as const;
    const at = (label: string, p99: number, kind: Cell['kind'] = 'library'): Cell =>
      cell({ ...rate, label, kind }, () => ({}), p99);
    const cells = [at('redlock@client=pipelined', 240, 'ours'), at('slow', 4000), at('fast', 1000)];
    expect(judged(measured(cells), /common arrival rate/)).toMatchObject({
      verdict: 'reached',
      found: { against: 'fast', figure: { estimate: expect.closeTo(0.24) as number } },
    });
  });

  it('of steadiness sets the slowest of its loads against the fastest', () => {
    const label = 'redlock@client=pipelined';
    const cells = (
      [
        ['64', 1000],
        ['1024', 900],
        ['4096', 790],
      ] as const
    ).map(([load, cycles]) => cell({ group: 'steady-5', load, label }, () => ({ cycles })));
    expect(judged(measured(cells), /64 to 4,096 .*redlock/)).toMatchObject({
      verdict: 'not reached',
      found: { figure: { estimate: expect.closeTo(0.79) as number } },
    });
  });
});
