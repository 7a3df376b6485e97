import { describe, expect, it } from 'vitest';
import type { FaultRecord, Reporter, RunResult } from '../contract/index.js';
import csv from './csv.js';
import { faultFacts } from './faults.js';
import { control, failed, fault, passed, result, round, run, series, stormy, undecided } from './fixtures.js';
import markdown from './markdown.js';
import table from './table.js';
import { timelines } from './timeline.js';
import { whatStandsOut, type WordLevel } from './words.js';

const render = (reporter: Reporter, columns = 100, of = stormy()): string[] =>
  reporter.render(of, { columns, colour: false }).split('\n');

function texts(of: RunResult, level?: WordLevel): string[] {
  return whatStandsOut(result([of])).flatMap((word) =>
    level === undefined || word.level === level ? [word.text] : [],
  );
}

function told(...faults: FaultRecord[]): string[] {
  return faultFacts(result([run('redlock', { faults })])).map(({ text }) => text);
}

describe('the timeline', () => {
  const draw = (width: number, changes: Parameters<typeof run>[1]): string[] =>
    timelines(result([run('redlock', changes)]), width).map(({ text }) => text);

  it('is there only where faults are', () => {
    expect(timelines(result([run('single', { series: series([1, 2]) })]), 80)).toEqual([]);
    expect(render(table, 100, result([run('single')])).join('\n')).not.toContain('Timeline');
  });

  it('has grants, violations and faults under one axis', () => {
    const grants = [1500, 1500, 1500, 1500, 0, 0, 0, 0, 750, 1500];
    const faults = [
      fault({ startedMs: 2000, healedMs: 4000 }),
      fault({ name: 'flushall', target: '', startedMs: 4600, healedMs: 4600 }),
    ];
    expect(draw(78, { faults, series: series(grants, { 8: 2 }) })).toEqual([
      '                            0         1s        2s        3s        4s',
      '  redlock',
      '    grants, top 3,000/s     ████████████████████····················▄▄▄▄▄█████',
      '    violations (2)          ··········································×·······',
      '    cut master 2, master 4  ····················├───────────────────┤·········',
      '    flushall                ··············································│···',
    ]);
  });

  it('tells a fault that never struck, one without effect, and one that lasted to the end', () => {
    const faults = [
      fault({ startedMs: null, intendedMs: 500, target: 'a' }),
      fault({ effective: false, startedMs: 0, healedMs: 400, target: 'b' }),
      fault({ startedMs: 600, healedMs: 1020, target: 'c' }),
      fault({ startedMs: 600, healedMs: null, target: 'd' }),
    ];
    const lines = draw(60, { faults, series: series([100, 100]), durationMs: 1000 }).slice(3);
    expect(lines.map((line) => line.replace(/[^○├╌─┤│]/g, '').replace(/([╌─])+/g, '$1'))).toEqual([
      '○',
      '├╌┤',
      '├─',
      '├─',
    ]);
  });

  it.each([60, 72, 80, 100])('fits %i columns', (columns) => {
    const lines = timelines(stormy(), columns).map(({ text }) => text);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.join('\n')).toMatch(columns < 70 ? /cut 2 servers/ : /cut master 2, master 4/);
  });

  it('is empty of bars where nothing was granted, and does not trip over a run without a series', () => {
    expect(draw(60, { faults: [fault()], series: series([0, 0]) })[2]).toMatch(/top 0\/s +·+$/);
    expect(draw(60, { faults: [fault()], series: [], durationMs: 10_000 })).toHaveLength(4);
  });
});

describe('a fault in words', () => {
  it('says what was meant, what was done, and what came after', () => {
    expect(told(fault({ what: 'held back', target: 'master 2' }))).toEqual([
      'cut on master 2 struck at 2.00s as meant, was healed at 6.00s: held back; longest time without a grant from then on 31.2ms; ' +
        'first grant 31.2ms after healing; 95 % of the rate before 1.20s after healing',
    ]);
  });

  it('at an event says which, and that one never came', () => {
    const event = { name: 'pause-before-write', target: '', event: 'checked', intendedMs: 0 } as const;
    expect(told(fault({ ...event, startedMs: 2130, healedMs: 5130, what: 'w0.3 stood still' }))[0]).toMatch(
      /^pause-before-write struck at 2\.13s \(meant for after 0us, when a holder had found its lease valid\)/,
    );
    const never = fault({ ...event, startedMs: null, healedMs: null, effective: false, what: 'nobody came' });
    expect(told(never)[0]).toMatch(/^pause-before-write \(meant .*\) never struck: nobody came$/);
  });

  it('says when there was no recovery, no time for one, or no server', () => {
    const never = { longestGap: { ms: 4000, untilMs: null }, firstGrantMs: null };
    expect(told(fault(never))[0]).toContain('nothing was granted in the last 4.00s of the window');
    expect(told(fault({ dipped: false }))[0]).not.toContain('95 %');
    expect(told(fault({ recoveredMs: null }))[0]).toContain('95 % of the rate before not seen again within the window');
    expect(told(fault({ healedMs: 10_001, firstGrantMs: null }))[0]).toContain('not healed within the window');
    const keptInside = { name: 'w0.1', fromMs: 2000, untilMs: 3800 };
    expect(told(fault({ keptInside }))[0]).toContain('w0.1 was kept inside for it until 3.80s');
    expect(told(fault({ unhealthy: ['master 2'] }))[0]).toContain('afterwards master 2 did not answer');
  });

  it('over trials is one line with the ranges', () => {
    const faults = [1, 2, 3].map((at) => fault({ round: at, firstGrantMs: 10 * at, effective: at !== 3 }));
    const of = run('redlock', { faults, trials: { count: 3, violated: 0 }, repeats: [round(1, 1), round(2, 2)] });
    expect(faultFacts(result([of])).map(({ text }) => text)).toEqual([
      'cut (at 2.00s): had an effect in 2 of 3 trials; longest time without a grant from then on 31.2ms; first grant ' +
        '10.0ms..20.0ms after healing; 95 % of the rate before 1.20s after healing in 2 trials',
    ]);
  });

  it('without effect leaves what passed undecided, and says why', () => {
    const idle = fault({ effective: false, what: 'held back; no effect: no chunk passed by' });
    const of = run('redlock', { faults: [idle] });
    expect(texts(of, 'warning')).toEqual([
      'redlock: the fault cut on master 2, master 4 had no effect (no chunk passed by): what it was to show is undecided, ' +
        'whatever passed',
    ]);
    expect(texts(of).join('\n')).not.toContain('no violation seen');
    expect(render(table, 100, result([of])).join('\n')).toMatch(/undecided\n/);
  });

  it('is a warning where a lock did not get over it, but not for the control', () => {
    const faults = [fault({ longestGap: { ms: 4000, untilMs: null } })];
    expect(texts(run('redlock', { faults }), 'warning')[0]).toMatch(/nothing was granted in the last 4\.00s/);
    expect(texts({ ...control(3), faults }, 'warning')).toEqual([]);
    expect(texts(run('redlock', { faults: [fault({ unhealthy: ['master 2'] })] }), 'warning')).toEqual([
      'redlock: master 2 did not answer when the fault cut on master 2, master 4 was over',
    ]);
  });
});

describe('trials', () => {
  it('are told with how many were violated', () => {
    const of = run('redlock', { trials: { count: 20, violated: 14 }, verdicts: [failed('mutual-exclusion', 30)] });
    expect(texts(of, 'violation')[0]).toBe('redlock: violations in 14 of 20 trials');
    const rounds = { ...of, repeats: [round(1, 2900), round(2, 3200)] };
    expect(render(table, 100, result([rounds]))).toContain('  violations in 14 of 20 trials: 2,900..3,200 grants/s');
  });

  it('without any violation have a bound of their own', () => {
    expect(texts(run('redlock', { trials: { count: 20, violated: 0 } })).join('\n')).toContain(
      'redlock in 31,204 grants and in none of 20 trials (below 14 % of trials with 95 % confidence)',
    );
  });
});

describe('harm', () => {
  const harm = { words: 'units oversold', count: 7, costOnly: false };

  it('is told in the words of those who suffer, once', () => {
    const verdicts = [failed('mutual-exclusion', 3), failed('lost-updates', 7)];
    const of = run('single', { harm, verdicts, resource: 'server' });
    expect(texts(of).filter((text) => text.includes('units oversold'))).toEqual([
      'single: 7 units oversold: what one holder wrote, another wrote again. It promises that this does not happen.',
    ]);
    const alone = run('single', { harm, verdicts: [failed('mutual-exclusion', 3)] });
    expect(texts(alone, 'violation')[0]).toBe('single: 7 units oversold');
  });

  it('that is only a cost is a note', () => {
    const cost = { words: 'jobs run twice', count: 97, costOnly: true };
    expect(texts(run('single', { harm: cost }), 'violation')).toEqual([]);
    expect(texts(run('single', { harm: cost }), 'note')[0]).toBe(
      'single: duplicate work: 3.11 per 1,000 grants (97 jobs run twice): a cost, not a violation',
    );
  });

  it('despite exclusion is explained, with the fault that shows it and what would help', () => {
    const pause = fault({
      name: 'pause-before-write',
      target: '',
      event: 'checked',
      what: 'w0.3 stood still for 3000 ms',
    });
    const verdicts = [passed('mutual-exclusion'), failed('lost-updates', 7)];
    const hit = run('redlock', { verdicts, faults: [pause], harm, resource: 'server' });
    const [text] = texts(hit, 'violation');
    expect(text).toBe(
      'redlock: 7 units oversold: what one holder wrote, another wrote again. No two leases overlapped, and still it happened: ' +
        'a holder found its lease valid, stood still, and only then wrote (fault pause-before-write: w0.3 stood still for 3000 ms). Only the resource can refuse that, by ' +
        'a fencing token, and this design mints none.',
    );
    const both = { ...hit, verdicts: [...verdicts, failed('contiguity', 3)] };
    expect(texts(both).filter((one) => one.includes('No two leases overlapped'))).toHaveLength(1);
    const fences = { ...run('x').claims, fences: true };
    expect(texts(run('fenced', { verdicts, claims: fences }), 'violation')[0]).toMatch(
      /a lease is checked before a write, not by it, .* --fencing reads\+writes\.$/,
    );
    expect(texts(run('fenced', { verdicts, claims: fences, fencing: 'writes' }), 'violation')[0]).toContain(
      'Fencing of writes alone lets an old write in',
    );
    expect(texts(run('single', { verdicts, holder: 'naive' }), 'violation')[0]).toContain(
      'a naive holder does not look',
    );
  });

  it.each([
    [[failed('mutual-exclusion', 1), failed('lost-updates', 3)]],
    [[undecided('mutual-exclusion', 'records are missing'), failed('lost-updates', 3)]],
  ])('is not explained away where leases overlapped, or nobody knows', (verdicts) => {
    expect(texts(run('single', { verdicts })).join('\n')).not.toContain('No two leases overlapped');
  });

  it('of a dead holder is its lock, and without expiry for ever', () => {
    expect(texts(run('single', { orphans: { count: 1, longestMs: 2104 } }), 'note')).toContain(
      'single: 1 lock of a dead holder kept others out for 2.10s',
    );
    const claims = { ...run('x').claims, expires: false };
    const crash = fault({ name: 'crash-holder', target: '', event: 'granted' });
    const stuck = run('setnx', { claims, faults: [crash], verdicts: [failed('deadlock-freedom', 1, [], false)] });
    expect(texts(stuck)[0]).toContain('the key of a dead holder never expires here');
    expect(texts({ ...stuck, faults: [] })[0]).not.toContain('dead holder');
  });
});

describe('the checks of the resource and of the lease', () => {
  it.each([
    ['contiguity', '2 operations of an older grant reached the resource after a newer one had begun'],
    ['fencing-order', 'fencing tokens did not grow with the grants, or an older one wrote after a newer, 2 times'],
    ['validity-honoured', 'a lock vanished under its holder 2 times before its validity was over'],
    ['lost-lease-signalled', '2 holders whose extension found the lock lost were not told'],
    ['availability', 'with no more servers out than it withstands, somebody waited'],
  ])('%s has a sentence of its own', (check, sentence) => {
    expect(texts(run('single', { verdicts: [failed(check, 2)] }))[0]).toContain(sentence);
  });
});

describe('a run with faults', () => {
  it('has timeline, faults, diagram and how to repeat it in the table', () => {
    const lines = render(table);
    const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
    expect(at('strategy')).toBeLessThan(at('Timeline'));
    expect(at('Timeline')).toBeLessThan(at('What stands out'));
    expect(at('What stands out')).toBeLessThan(at('Faults'));
    expect(lines.slice(-4)).toEqual([
      'seed 3735928559; repeat with:',
      '  bench --plan results/20260302T101530Z-redlock-3735928559/plan.json',
      'Results: results/20260302T101530Z-redlock-3735928559',
      '',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each([60, 80])('keeps the table within %i columns', (columns) => {
    expect(Math.max(...render(table, columns).map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it('has them in markdown, what is drawn in code blocks', () => {
    const text = render(markdown).join('\n');
    expect(text).toMatch(/### Timeline\n\n```text\n +0 .*\n  redlock\n/);
    expect(text).toContain('### Faults\n\n- `redlock`: cut on master 2, master 4 struck');
    expect(text).toContain('repeat with: `bench --plan results/20260302T101530Z-redlock-3735928559/plan.json`');
  });

  it('does not ask to repeat what was not violated', () => {
    expect(render(table, 100, result([run('single'), control(4)])).join('\n')).not.toContain('repeat with');
  });

  it('has its columns at the end of the row in csv', () => {
    const [head, redlock, , single] = render(csv, 100).map((line) => line.trim().split(','));
    const field = (row: readonly string[], name: string): string => row[head.indexOf(name)];
    expect(head.slice(head.indexOf('folder') + 1, head.indexOf('folder') + 4)).toEqual([
      'resource',
      'fencing',
      'addedLatencyMs',
    ]);
    expect(field(redlock, 'faults')).toBe('cut master 2+master 4 2001..6004;clock-jump master 3 7004..7004');
    expect([field(redlock, 'faultsWithoutEffect'), field(single, 'faultsWithoutEffect')]).toEqual(['0', '1']);
    expect([field(redlock, 'harm'), field(redlock, 'harmCount')]).toEqual(['units oversold', '7']);
    expect([field(redlock, 'firstGrantAfterHealingMaxMs'), field(redlock, 'rateRecoveredAfterMaxMs')]).toEqual([
      '31.2',
      '',
    ]);
  });

  it('says what it ran on: processes, resource, fencing, added round trips', () => {
    const told = render(
      table,
      100,
      result([
        run('redlock', { isolate: 'process', resource: 'server', fencing: 'writes', latencyMs: [2, 40], nodes: 5 }),
      ]),
    )
      .join(' ')
      .replace(/\s+/g, ' ');
    expect(told).toContain('16 contenders in 4 processes');
    expect(told).toContain('resource in a process of its own, which refuses writes with an old token');
    expect(told).toContain('round trips longer by 2ms to server 1, 40ms to server 2 and beyond');
  });

  it('is never called what no run can show', () => {
    expect([...render(table), ...render(markdown)].join('\n')).not.toMatch(/\bsafe/i);
  });
});
