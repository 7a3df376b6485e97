/** The checks that read the record of the resource's own process. */
import { describe, expect, it } from 'vitest';
import type { Check, CheckContext, History, Verdict } from '../contract/index.js';
import { countHarm } from './at-resource.js';
import contiguity from './contiguity.js';
import fencingOrder from './fencing-order.js';
import lostUpdates from './lost-updates.js';
import { arrived, context, historyOf, verdictOf, type Arrival, type Step } from './testing.js';

const judge = (check: Check, history: History, more: Partial<CheckContext> = {}): Verdict =>
  verdictOf(check, history, more)!;
const at = (steps: readonly Arrival[], rows: readonly Step[] = [], lost: readonly string[] = []): History =>
  historyOf(rows, { resource: arrived(steps), lost });
const fences = { claims: { ...context.claims, fences: true } };
const costOnly = { harm: { one: 'entry computed twice', many: 'entries computed twice', costOnly: true } };

/** c1 reads, stands still while c2 has its turn, then writes: no lease overlaps, and c2's update is lost. */
const pausedBeforeWrite: readonly Arrival[] = [
  { at: 1, contender: 1, op: 'read', value: 6, fence: 33 },
  { at: 1200, contender: 2, op: 'read', value: 6, fence: 34 },
  { at: 1210, contender: 2, op: 'write', value: 7, fence: 34 },
  { at: 1300, contender: 1, op: 'write', value: 7, fence: 33 },
];
const leases: readonly Step[] = [
  { contender: 1, enter: 0, leave: 1000, validUntil: 1000 },
  { contender: 2, enter: 1100, leave: 1220, validUntil: 2100 },
];
const inTurn: readonly Arrival[] = [
  { at: 1, contender: 1, op: 'read', value: 0, fence: 1 },
  { at: 2, contender: 1, op: 'write', value: 1, fence: 1 },
  { at: 11, contender: 2, op: 'read', value: 1, fence: 2 },
  { at: 12, contender: 2, op: 'write', value: 2, fence: 2 },
  { at: 21, contender: 1, grant: 1, op: 'read', value: 2, fence: 3 },
  { at: 22, contender: 1, grant: 1, op: 'write', value: 3, fence: 3 },
];
const refusedInstead: readonly Arrival[] = [
  ...pausedBeforeWrite.slice(0, 3),
  { ...pausedBeforeWrite[3], op: 'refusedWrite', value: NaN },
];

describe('lost updates at the resource', () => {
  it('pass when no value is written to one item twice', () => {
    expect(judge(lostUpdates, at(inTurn))).toMatchObject({ verdict: 'pass', violations: 0, upperBound: 1 });
    const elsewhere = [
      { at: 1, contender: 1, op: 'write', value: 1 },
      { at: 2, contender: 2, op: 'write', value: 1, item: 1 },
      { at: 3, contender: 3, op: 'write', value: 1, key: 1 },
    ] as const;
    expect(judge(lostUpdates, at(elsewhere)).verdict).toBe('pass');
  });

  it('fail when one is, in the words of the workload and with what arrived', () => {
    const harm = { one: 'unit oversold', many: 'units oversold', costOnly: false };
    const verdict = judge(lostUpdates, at(pausedBeforeWrite, leases), { harm });
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(verdict.evidence[0]).toBe(
      'key 0: unit oversold: value 7 was written by c2 (its grant 0) at +1.210000 s and again by c1 (its grant 0) at +1.300000 s',
    );
    const drawn = verdict.evidence.slice(1).join('\n');
    for (const words of ['c1 finds 6', 'c2 finds 6', 'c2 writes 7', 'c1 writes 7']) expect(drawn).toContain(words);
  });

  it('count each further writing of a value, and a value that comes back', () => {
    const steps = [1, 2, 2, 2, 1].map((value, i) => ({ at: i, contender: i, op: 'write', value }) as const);
    expect(judge(lostUpdates, at(steps)).violations).toBe(3);
    expect(countHarm(arrived(steps))).toBe(3);
    expect(countHarm({ kind: 'memory', believed: [10, 5], found: [7, 6] })).toBe(4);
    expect(countHarm(null)).toBe(0);
  });

  it('do not count what was refused', () => expect(judge(lostUpdates, at(refusedInstead)).verdict).toBe('pass'));

  it('are undecided where records are missing, or nothing was written, but fail on what is there', () => {
    expect(judge(lostUpdates, at(inTurn, [], ['the resource'])).verdict).toBe('undecided');
    expect(judge(lostUpdates, at([])).verdict).toBe('undecided');
    expect(judge(lostUpdates, at(pausedBeforeWrite, leases, ['worker 0'])).verdict).toBe('fail');
  });

  it('are a cost and no violation where the lock is for efficiency', () => {
    expect(verdictOf(lostUpdates, at(pausedBeforeWrite), costOnly)).toBeNull();
  });
});

describe('contiguity', () => {
  it('passes grants that come one after another, on each key by itself', () => {
    expect(judge(contiguity, at(inTurn))).toMatchObject({ verdict: 'pass', upperBound: 1 });
    const twoKeys = [
      { at: 1, contender: 1, op: 'read' },
      { at: 2, contender: 2, op: 'read', key: 1 },
      { at: 3, contender: 1, op: 'write', value: 1 },
      { at: 4, contender: 2, op: 'write', value: 1, key: 1 },
    ] as const;
    expect(judge(contiguity, at(twoKeys)).verdict).toBe('pass');
  });

  it('fails when an older grant operates after a newer one has begun, though no lease overlaps', () => {
    const verdict = judge(contiguity, at(pausedBeforeWrite, leases));
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(verdict.evidence[0]).toBe(
      'key 0: an operation of c1 (its grant 0) arrived at +1.300000 s, after c2 (its grant 0) had begun at +1.200000 s',
    );
    expect(verdict.evidence.join('\n')).toContain('c1 writes 7');
  });

  it('tells two grants of one contender apart', () => {
    const steps = [
      { at: 1, contender: 1, op: 'read' },
      { at: 2, contender: 1, grant: 1, op: 'read' },
      { at: 3, contender: 1, op: 'write', value: 1 },
    ] as const;
    expect(judge(contiguity, at(steps)).violations).toBe(1);
  });

  it('lets what fencing refused be', () => expect(judge(contiguity, at(refusedInstead)).verdict).toBe('pass'));

  it('is undecided where records are missing, and has nothing to say without a record', () => {
    expect(judge(contiguity, at(inTurn, [], ['the resource'])).verdict).toBe('undecided');
    expect(verdictOf(contiguity, historyOf([]))).toBeNull();
  });
});

describe('fencing order', () => {
  const rows: readonly Step[] = [
    { contender: 1, enter: 0, leave: 5, validUntil: 1000 },
    { contender: 2, enter: 10, leave: 15, validUntil: 1010 },
    { contender: 1, enter: 20, leave: 25, validUntil: 1020 },
  ];
  const tokens = (values: readonly number[], op: 'write' | 'refusedWrite' = 'write'): readonly Arrival[] =>
    inTurn.map((step, i) => {
      const grant = Math.floor(i / 2);
      return { ...step, fence: values[grant], ...(grant === 2 && step.op === 'write' ? { op } : {}) };
    });

  it('passes tokens that grow, with gaps', () => {
    expect(judge(fencingOrder, at(tokens([1, 5, 9]), rows), fences)).toMatchObject({ verdict: 'pass', claimed: true });
  });

  it('fails tokens that go back, also where the resource refused them', () => {
    const accepted = judge(fencingOrder, at(tokens([5, 6, 3]), rows), fences);
    expect(accepted).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(accepted.evidence).toHaveLength(3);
    const refused = judge(fencingOrder, at(tokens([5, 6, 3], 'refusedWrite'), rows), fences);
    expect(refused).toMatchObject({ verdict: 'fail', violations: 1 });
    expect(refused.evidence[0]).toBe(
      'key 0: c1 (its grant 1) entered at +0.020000 s with token 3, though c2 (its grant 0) before it had 6',
    );
  });

  it('fails a token that two grants have, and a grant that has none', () => {
    expect(judge(fencingOrder, at(tokens([1, 2, 2]), rows), fences).evidence[0]).toContain('token 2 belongs to c2');
    expect(judge(fencingOrder, at(tokens([1, 2, -1]), rows), fences).evidence[0]).toContain('came without a token');
  });

  it('does not blame the tokens of a holder that came too late and was refused', () => {
    expect(judge(fencingOrder, at(refusedInstead, leases), fences).verdict).toBe('pass');
  });

  it('tells an old write that nothing refused', () => {
    const verdict = judge(fencingOrder, at(pausedBeforeWrite, leases), fences);
    // Not the design's failing: its tokens told the truth.
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: false });
    expect(verdict.evidence[0]).toContain('a write of c1 (its grant 0) with token 33 was accepted');
  });

  it('does not order grants whose leases overlapped', () => {
    const together = [
      { contender: 1, enter: 0, leave: 30, validUntil: 1000 },
      { contender: 2, enter: 10, leave: 35, validUntil: 1010 },
    ];
    const steps = [
      { at: 12, contender: 1, op: 'read', fence: 9 },
      { at: 13, contender: 2, op: 'read', fence: 8 },
    ] as const;
    expect(judge(fencingOrder, at(steps, together), fences).verdict).toBe('pass');
  });

  it('counts old reads that were answered, and does not fail for them', () => {
    const steps: readonly Arrival[] = [
      ...pausedBeforeWrite.slice(0, 3),
      { ...pausedBeforeWrite[3], op: 'read', value: 7 },
    ];
    const verdict = judge(fencingOrder, at(steps, leases), fences);
    expect([verdict.verdict, ...verdict.evidence]).toEqual([
      'pass',
      'reads that were answered though their token was older than that of the last write: 1',
    ]);
  });

  it('is undecided without any, and has nothing to say of a design that mints none', () => {
    expect(judge(fencingOrder, at([]), fences).verdict).toBe('undecided');
    expect(judge(fencingOrder, at(tokens([1, 5, 9]), rows, ['worker 0']), fences).verdict).toBe('undecided');
    expect(verdictOf(fencingOrder, at(inTurn))).toBeNull();
  });
});
