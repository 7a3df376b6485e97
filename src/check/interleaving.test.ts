import { describe, expect, it } from 'vitest';
import type { CheckContext, FaultRecord, History, TraceStep } from '../contract/index.js';
import { bothHold, interleaving, spaceTime } from './interleaving.js';
import mutualExclusion from './mutual-exclusion.js';
import { OverlapSweep } from './overlaps.js';
import { storyOf } from './scene.js';
import { arrived, context as plain, historyOf, verdictOf, type Step } from './testing.js';

/** As in a run with three contenders in each worker. */
function contextOf(nodes: number): CheckContext {
  return {
    ...plain,
    nodeNames: Array.from({ length: nodes }, (_, at) => `master ${at + 1}`),
    contenderNames: (contender) => `w${Math.floor(contender / 3)}.${contender % 3}`,
  };
}

const openNs = 5_000e6;
const ns = (ms: number): number => openNs + ms * 1e6;

interface Ask {
  readonly what?: string;
  readonly at: number;
  readonly worker: number;
  readonly token: string;
  /** By server; null: it does not answer. */
  readonly answers: readonly (string | null)[];
  readonly tookMs?: number;
}

/** One command to all servers, and what they say. */
function asks({ what = 'SET', at, worker, token, answers, tookMs = 1 }: Ask): TraceStep[] {
  const step = (node: number | null, atMs: number, answer: string | null): TraceStep => {
    return { atNs: ns(atMs), worker, node, key: 'lockbench:0', token, what, answer };
  };
  return answers.flatMap((answer, node) => [
    step(node, at, null),
    ...(answer === null ? [] : [step(node, at + tookMs, answer)]),
  ]);
}

function granted(at: number, worker: number, token: string): TraceStep {
  return { atNs: ns(at), worker, node: null, key: 'lockbench:0', token, what: 'granted', answer: null };
}

function fault(changes: Partial<FaultRecord>): FaultRecord {
  return {
    name: 'clock-jump',
    target: 'master 3',
    intendedMs: 2000,
    event: null,
    startedMs: 2004,
    healedMs: null,
    breaksClocks: false,
    effective: true,
    what: 'wall clock stepped by +3.00 s',
    unhealthy: [],
    steps: [],
    lost: [],
    keptInside: null,
    longestGap: { ms: 31.2, untilMs: 4031.2 },
    dipped: true,
    firstGrantMs: null,
    recoveredMs: null,
    round: 1,
    ...changes,
  };
}

const twoInside: readonly Step[] = [
  { contender: 1, enter: 2001.31, leave: 3000, validUntil: 3978 },
  { contender: 5, enter: 2011.8, leave: 3000, validUntil: 3989 },
];

function history(trace: readonly TraceStep[], faults: readonly FaultRecord[] = [], steps = twoInside): History {
  return historyOf(steps, { trace: [...trace].sort((a, b) => a.atNs - b.atNs), faults });
}

function draw(of: History, context: CheckContext): string[] {
  const sweep = new OverlapSweep(of.rows.keys);
  for (const block of of.rows.blocks()) sweep.rows(block);
  const [overlap] = sweep.broken;
  return interleaving(storyOf(of), context, overlap, bothHold(context, overlap));
}

const quorum = [
  ...asks({ at: 2000.4, worker: 0, token: 'aa', answers: ['OK', null, 'OK', 'OK', 'TIMEOUT'] }),
  granted(2001.3, 0, 'aa'),
  ...asks({ at: 2011.02, worker: 1, token: 'bb', answers: ['nil', 'OK', 'OK', 'nil', 'OK'], tookMs: 0.5 }),
  granted(2011.79, 1, 'bb'),
];

describe('a double grant, drawn', () => {
  it('has a column for each contender and each server, the fault between them, and what the end means', () => {
    expect(draw(history(quorum, [fault({})]), contextOf(5))).toEqual([
      '                        master 1     2     3     4     5',
      '  +2.000400 s  w0.1 SET        OK    ...   OK    OK    none',
      '  +2.001310 s  w0.1 enters, valid to +3.978000 s',
      '  +2.004000 s  FAULT clock-jump on master 3: wall clock stepped by +3.00 s',
      '  +2.011020 s  |     w1.2 SET  nil   OK    OK    nil   OK',
      '  +2.011800 s  |     w1.2 enters, valid to +3.989000 s',
      '                     ^ both hold: w0.1 for another 1966.200 ms',
    ]);
  });

  it('without a trace shows the contenders alone', () => {
    expect(draw(history([]), contextOf(5))).toEqual([
      '  +2.001310 s  w0.1 enters, valid to +3.978000 s',
      '  +2.011800 s  |     w1.2 enters, valid to +3.989000 s',
      '                     ^ both hold: w0.1 for another 1966.200 ms',
    ]);
  });

  it('leaves out the steps of others, of other keys and of later times', () => {
    const noise = [
      ...asks({ at: 2005, worker: 1, token: 'cc', answers: ['nil', 'nil', 'nil', 'nil', 'nil'] }),
      ...asks({ at: 2500, worker: 1, token: 'bb', what: 'release', answers: ['1', '1', '1', '1', '1'] }),
      ...quorum.map((step) => ({ ...step, key: 'lockbench:1', token: `${step.token}1` })),
    ];
    expect(draw(history([...quorum, ...noise]), contextOf(5))).toEqual(draw(history(quorum), contextOf(5)));
  });

  it('shows an answer that came after the end as outstanding, and a second sending as a line of its own', () => {
    const late = asks({ at: 2011.1, worker: 1, token: 'bb', answers: ['OK'], tookMs: 5 });
    const again = asks({ at: 2011.5, worker: 1, token: 'bb', answers: ['nil'], tookMs: 0.1 });
    const lines = draw(history([granted(2011.79, 1, 'bb'), ...late, ...again]), contextOf(1));
    expect(lines.filter((line) => line.includes('SET')).map((line) => line.trim().split(/ +/).at(-1))).toEqual([
      '...',
      'nil',
    ]);
  });

  it('names a lone server in full, and those of different kinds too', () => {
    const names = ['primary', 'replica 1'];
    const trace = [...asks({ at: 2000.4, worker: 0, token: 'aa', answers: ['OK', '1'] }), granted(2001.3, 0, 'aa')];
    const lines = draw(history(trace), { ...contextOf(1), nodeNames: names });
    expect(lines[0].trim()).toBe('primary    replica 1');
    expect(lines[1].indexOf('OK')).toBe(lines[0].indexOf('primary'));
  });

  it('is taken into the evidence of the check, with how many more were let in', () => {
    const steps = [...twoInside, { contender: 4, enter: 2100, leave: 2200, validUntil: 3500 }];
    const verdict = verdictOf(mutualExclusion, history(quorum, [], steps), contextOf(5))!;
    expect(verdict.evidence[0]).toContain('w1.2 was granted the lock while w0.1 was inside');
    expect(verdict.evidence.filter((line) => line.includes('both hold'))).toHaveLength(1);
    expect(verdict.evidence[0]).toContain('1 more was let in before it left');
    expect(verdict.violations).toBe(1);
  });
});

describe('a long story', () => {
  const everywhere = Array.from({ length: 15 }, (_, node) => (node % 2 === 0 ? 'OK' : 'nil'));
  const many = [
    ...asks({ at: 2000, worker: 0, token: 'aa', answers: everywhere }),
    granted(2001.3, 0, 'aa'),
    ...asks({ at: 2011, worker: 1, token: 'bb', answers: everywhere.map((_, node) => (node < 9 ? 'OK' : 'nil')) }),
    granted(2011.79, 1, 'bb'),
  ];

  it('with many servers shows those that let both in, and how many there are', () => {
    const lines = draw(history(many, [fault({ target: 'master 15' })]), contextOf(15));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(96);
    expect(lines[0]).toMatch(/master 1 .* 3 .* 5 .* 7 .* 9 .* 15 .*of 15$/);
  });

  it('with many holders shows four columns and counts the others', () => {
    const steps = [
      twoInside[0],
      ...[3, 4, 6, 7, 8].map((contender, at) => ({
        contender,
        enter: 2002 + at,
        leave: 2002.5 + at,
        validUntil: 4000,
      })),
      twoInside[1],
    ];
    const of = storyOf(history([], [], steps));
    const all = of.sections({ key: 0, fromNs: -Infinity, toNs: Infinity });
    const lines = interleaving(of, contextOf(5), { inside: all[0], entering: all.at(-1)! });
    expect(lines.at(-1)).toBe('  (3 more had the lock in between)');
    expect(lines.at(-2)).toContain('w1.2 enters');
    expect(lines.join('\n')).toContain('w1.0 leaves');
  });

  it('keeps to fifteen moments: first and last stay, and what tells least goes first', () => {
    const count = 40;
    const resource = {
      kind: 'server' as const,
      rows: {
        count,
        atNs: Float64Array.from({ length: count }, (_, at) => ns(2002 + at / 10)),
        key: new Uint32Array(count),
        contender: new Uint16Array(count).fill(1),
        grant: new Uint32Array(count),
        op: Uint8Array.from({ length: count }, (_, at) => at % 4),
        item: new Float64Array(count),
        value: Float64Array.from({ length: count }, (_, at) => (at % 4 < 2 ? at : NaN)),
        fence: BigInt64Array.from({ length: count }, () => 7n),
      },
    };
    const lines = draw({ ...history(quorum, [fault({})]), resource }, contextOf(5));
    expect(lines).toHaveLength(1 + 15 + 2);
    expect(lines.at(-1)).toBe('  (30 more steps left out)');
    const text = lines.join('\n');
    for (const told of ['w0.1 SET', 'w0.1 enters', 'FAULT', 'w1.2 SET', 'w1.2 enters']) expect(text).toContain(told);
    expect(text).toContain('w0.1 finds 0, token 7');
    expect(text).toContain('w0.1 writes 1, token 7');
    expect(text).toContain('w0.1 is refused a read, token 7');
  });

  it('marks one who is inside though its lease is over, and a fault that is healed', () => {
    const steps = [
      { contender: 1, enter: 2000, leave: 2020, validUntil: 2010 },
      { contender: 5, enter: 2015, leave: 2018, validUntil: 3000 },
    ];
    const cut = fault({ name: 'cut', target: '', startedMs: 2001, healedMs: 2012, what: 'held' });
    const of = storyOf(historyOf(steps, { faults: [cut, fault({ startedMs: 100, healedMs: 200 })] }));
    const scene = { key: 0, fromNs: ns(2000), toNs: ns(2020), contenders: [1, 5] };
    expect(spaceTime(of, contextOf(1), scene)).toEqual([
      '  +2.000000 s  w0.1 enters, valid to +2.010000 s',
      '  +2.001000 s  FAULT cut: held',
      '  +2.010000 s  w0.1 lease over, still inside',
      '  +2.012000 s  healed: cut',
      '  +2.015000 s  :     w1.2 enters, valid to +3.000000 s',
      '  +2.018000 s  :     w1.2 leaves',
      '  +2.020000 s  w0.1 leaves, 10.000 ms after its lease was over',
    ]);
  });
});

describe('harm at the resource, drawn', () => {
  it('begins with the entry of those who are inside, and has what each found and wrote', () => {
    const steps = [
      { contender: 1, enter: 2000, leave: 5010, validUntil: 4000 },
      { contender: 5, enter: 4100, leave: 4120, validUntil: 6100 },
    ];
    const resource = arrived([
      { at: 2001, contender: 1, op: 'read', value: 41 },
      { at: 4101, contender: 5, op: 'read', value: 41 },
      { at: 4110, contender: 5, op: 'write', value: 42 },
      { at: 5005, contender: 1, op: 'write', value: 42 },
    ]);
    const pause = fault({
      name: 'pause-before-write',
      target: '',
      startedMs: 2002,
      healedMs: 5002,
      what: 'w0.1 stood still',
    });
    const of = storyOf(historyOf(steps, { resource, faults: [pause] }));
    expect(spaceTime(of, contextOf(1), { key: 0, fromNs: ns(2001), toNs: ns(5005), contenders: [1, 5] })).toEqual([
      '  +2.000000 s  w0.1 enters, valid to +4.000000 s',
      '  +2.001000 s  w0.1 finds 41',
      '  +2.002000 s  FAULT pause-before-write: w0.1 stood still',
      '  +4.000000 s  w0.1 lease over, still inside',
      '  +4.100000 s  :     w1.2 enters, valid to +6.100000 s',
      '  +4.101000 s  :     w1.2 finds 41',
      '  +4.110000 s  :     w1.2 writes 42',
      '  +4.120000 s  :     w1.2 leaves',
      '  +5.002000 s  healed: pause-before-write',
      '  +5.005000 s  w0.1 writes 42',
    ]);
  });
});
