import { describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { failed, latency, passed, result, round, run, undecided } from './fixtures.js';
import table from './table.js';

function lines(of: Result, columns = 100, colour = false): string[] {
  return table.render(of, { columns, colour }).split('\n');
}

const long = 'redlock@fanout=sequential,client=node-redis';
const wide = latency(123_400, 999_400, 12_300_000);
const widest = run('redlock', {
  throughputHz: 123_456,
  handoffHz: 120_000,
  waitUs: latency(12_340, 123_400, 2_340_000),
  latencyUs: { acquire: wide, release: wide },
  verdicts: [failed('mutual-exclusion', 1_234_567, ['key 0: '.padEnd(300, 'x')])],
});

describe('the table', () => {
  it('has two header lines and one line per run', () => {
    const [top, head, single] = lines(result([run('single')])).slice(4);
    expect(top).toMatch(/hand- +-+ wait -+ +-+ acquire -+ +-+ release -+ +fair-/);
    expect(head.split(/ +/)).toEqual([
      'strategy',
      'grants/s',
      'offs/s',
      'p50',
      'p99',
      'max',
      'p50',
      'p99',
      'p50',
      'p99',
      'ness',
      'violations',
    ]);
    expect(single.split(/ +/)).toEqual([
      'single',
      '3,120',
      '2,950',
      '8.12ms',
      '41.2ms',
      '212ms',
      '412us',
      '1.93ms',
      '390us',
      '1.72ms',
      '0.998',
      '0',
    ]);
  });

  it('shows what unlike designs need and outlive, for without it their ranking would lie', () => {
    const quorum = { topology: { kind: 'quorum', nodes: 5, replicas: 0 }, nodes: 5 } as const;
    const claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 2, toleratesLoss: 0 };
    const etcd = run('etcd', { nodes: 3, claims: { ...claims, toleratesDown: 1 }, durability: 'quorum fsync' });
    const [top, head, ...rows] = lines(result([run('single'), run('redlock', { ...quorum, claims }), etcd])).slice(4);
    expect(top).toMatch(/- +servers -+ +hand-/);
    expect(head).toMatch(/^strategy +n +down +keeps +grants\/s/);
    expect(rows.slice(0, 3).map((line) => line.split(/ +/).slice(0, 4))).toEqual([
      ['single', '1', '0', 'none'],
      ['redlock', '5', '2', 'none'],
      ['etcd', '3', '1', 'quorum'],
    ]);
    expect(lines(result([run('single'), run('setnx')]))[5]).toMatch(/^strategy +grants\/s/);
  });

  it('keeps every column and every line within a hundred characters, whatever the figures', () => {
    const told = lines(
      result([widest, run(long), run('single-del', { verdicts: [undecided('mutual-exclusion', 'x')] })]),
    );
    expect(Math.max(...told.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(told.join('\n')).not.toContain('Too narrow');
  });

  it.each([60, 72, 80, 90, 140])('stays within %d columns', (columns) => {
    const told = lines(result([widest, run(long), run(`./${'deep/'.repeat(40)}lock.js@a=1`)]), columns);
    expect(Math.max(...told.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(told.join('\n')).toContain('violations');
  });

  it('says which columns a narrow terminal has cost', () => {
    const told = lines(result([widest]), 60)
      .join(' ')
      .replace(/ +/g, ' ');
    expect(told).toContain('Too narrow for acquire, release, fairness');
    expect(told).toContain('--format markdown has all columns.');
  });

  it('takes a terminal that tells no width for one of a hundred, and none for narrower than sixty', () => {
    expect(lines(result([widest]), NaN)).toEqual(lines(result([widest]), 100));
    expect(lines(result([widest]), 0)).toEqual(lines(result([widest]), 60));
  });

  it('puts a label too long for its column on a line of its own, uncut', () => {
    const told = lines(result([run('single'), run(long)]));
    const at = told.indexOf(long);
    expect(at).toBeGreaterThan(0);
    expect(told[at + 1]).toMatch(/^ {8,}3,120 /);
  });

  it('prints a dash where there are too few samples, never 0', () => {
    const told = lines(result([run('single', { waitUs: latency(8000, null, 9000, 400) })]));
    expect(told[6]).toMatch(/8\.00ms +- +9\.00ms/);
  });

  it('shows medians with the spread of the rounds', () => {
    const told = lines(result([run('single', { repeats: [round(1, 2900), round(2, 3120.4), round(3, 3204)] })]));
    expect(told).toContain('  3 rounds: 2,900..3,200 grants/s');
    expect(told.join('\n')).toContain('Rates are medians over the rounds');
  });

  it('shows violations as their number, and undecided as such', () => {
    const verdicts = [failed('mutual-exclusion', 1204), failed('mutual-exclusion-cell', 1201)];
    const open = [undecided('mutual-exclusion', 'records are missing')];
    const told = lines(result([run('a', { verdicts }), run('b', { verdicts: open }), run('c', { verdicts: [] })]));
    expect(told.slice(6, 9).map((line) => line.split(/ +/).at(-1))).toEqual(['1,204', 'undecided', '-']);
  });

  it('uses colour only when told to, and the same text either way', () => {
    const of = result([widest, run('single', { verdicts: [undecided('mutual-exclusion', 'why')] })]);
    const plain = lines(of).join('\n');
    const coloured = lines(of, 100, true).join('\n');
    expect(plain).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[31m1,234,567\u001b[39m');
    // eslint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
  });
});

describe('under the table', () => {
  it('an arrival rate is told with what was reached and what callers saw', () => {
    const load = { shape: 'rate', targetHz: 2000, achievedHz: 1998.4 };
    const told = lines(result([run('single', { load })]));
    expect(told).toContain('  single  2,000/s of 2,000/s arrivals (99.9 %); response p99 41.2ms, send delay p99 120us');
  });

  it('runs that share their servers and their verdicts share a line', () => {
    const quorum = { topology: { kind: 'quorum', nodes: 5, replicas: 0 } } as const;
    const told = lines(result([run('single'), run('redlock', quorum), run('redlock@quorum=all', quorum)]));
    const text = told.join('\n');
    expect(text).toContain('1 server; no persistence (a restart forgets all locks); ioredis 6.0.0');
    expect(told.filter((line) => line.includes('5 independent masters'))).toHaveLength(1);
    expect(text).toContain('pass accounting, mutual-exclusion, mutual-exclusion-cell');
  });

  it('every verdict stands with its check', () => {
    const verdicts = [
      passed('accounting'),
      failed('mutual-exclusion', 37),
      undecided('deadlock-freedom', 'too short'),
      failed('keys-left', 2, [], false),
    ];
    const told = lines(result([run('setnx', { verdicts })]))
      .join(' ')
      .replace(/ +/g, ' ');
    expect(told).toContain(
      'setnx FAIL mutual-exclusion (37), keys-left (2, not promised); undecided deadlock-freedom; pass accounting',
    );
  });

  it('evidence is indented, kept in order, and limited', () => {
    const evidence = ['key 0: two inside', ...Array.from({ length: 25 }, (_, at) => `  +0.${at} s  step ${at}`)];
    const told = lines(result([run('single', { verdicts: [failed('mutual-exclusion', 1, evidence)] })]));
    const at = told.indexOf('    key 0: two inside');
    expect(told[at + 1]).toBe('      +0.0 s  step 0');
    expect(told[at + 20]).toBe('    ... and 6 more lines in the result');
  });

  it('the folder comes last, and a run that is not stored has none', () => {
    expect(lines(result([run('single')])).at(-2)).toBe('Results: results/20260302T101530Z-redlock-3735928559');
    expect(lines(result([run('single')], { folder: null })).join('\n')).not.toContain('Results:');
  });

  it('control characters from elsewhere do not reach the terminal', () => {
    const told = lines(result([run('single', { incidents: ['server said \u001b[2J\u0007boo'] })]));
    expect(told.join('\n')).toContain('server said [2J boo');
  });

  it('a result without runs says so', () => {
    expect(lines(result([], { partial: true, exitCode: 130 })).join('\n')).toContain('no run was measured');
  });
});
