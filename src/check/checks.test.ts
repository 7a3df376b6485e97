import { describe, expect, it } from 'vitest';
import { rowFlags, type Check, type History, type Verdict } from '../contract/index.js';
import accounting from './accounting.js';
import assumptions from './assumptions.js';
import availability from './availability.js';
import deadlockFreedom from './deadlock-freedom.js';
import grantedInTime from './granted-in-time.js';
import { combineVerdicts, isInvalid, isViolation, judgeHistory } from './judge.js';
import keysLeft from './keys-left.js';
import lostLeaseSignalled from './lost-lease-signalled.js';
import lostUpdates from './lost-updates.js';
import mutualExclusionCell from './mutual-exclusion-cell.js';
import mutualExclusion from './mutual-exclusion.js';
import overstay from './overstay.js';
import { context, faultOf, historyOf, verdictOf } from './testing.js';
import validityHonoured from './validity-honoured.js';

const judge = (check: Check, history: History, claims = context.claims): Verdict =>
  verdictOf(check, history, { claims })!;
const sound = historyOf([
  { contender: 1, enter: 0, leave: 10, validUntil: 1000 },
  { contender: 2, enter: 11, leave: 20, validUntil: 1011 },
  { contender: 3, enter: 5, leave: 15, validUntil: 1000, key: 1 },
]);

describe('mutual exclusion', () => {
  it('passes intervals that do not meet on a key, with the bound that so many grants allow', () => {
    expect(judge(mutualExclusion, sound)).toMatchObject({ verdict: 'pass', violations: 0, upperBound: 1 });
  });

  it('fails when one enters while another is inside with a valid lease, and tells who and when', () => {
    const verdict = judge(
      mutualExclusion,
      historyOf([
        { contender: 1, enter: 0, leave: 100, validUntil: 80 },
        { contender: 2, enter: 50, leave: 60, validUntil: 1050 },
      ]),
    );
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(verdict.evidence[0]).toContain(
      'c2 was granted the lock while c1 was inside, whose lease was valid for another 30.000 ms',
    );
    expect(verdict.evidence.some((line) => line.includes('+0.050000 s') && line.includes('c2 enters'))).toBe(true);
  });

  it('sees a short section inside a long one that began before others', () => {
    const verdict = judge(
      mutualExclusion,
      historyOf([
        { contender: 1, enter: 0, leave: 1000, validUntil: 1000 },
        { contender: 2, enter: 10, leave: 20, validUntil: 1010 },
        { contender: 3, enter: 900, leave: 910, validUntil: 1900 },
      ]),
    );
    // One broken lease, however many were let in while it was valid.
    expect(verdict.violations).toBe(1);
    expect(verdict.evidence[0]).toContain('1 more was let in before it left');
  });

  it('does not blame the lock when the one inside had outlived its lease; overstay does', () => {
    const history = historyOf([
      { contender: 1, enter: 0, leave: 100, validUntil: 40 },
      { contender: 2, enter: 50, leave: 60, validUntil: 1050 },
    ]);
    expect(judge(mutualExclusion, history).verdict).toBe('pass');
    expect(judge(overstay, history)).toMatchObject({ verdict: 'fail', violations: 1, claimed: false });
    expect(judge(overstay, history).evidence[0]).toContain(
      'c2 entered while c1 was still inside, 10.000 ms after its lease was over',
    );
  });

  it('tells the theft when a late release deleted the next holder’s lock', () => {
    const history = historyOf([
      { contender: 1, enter: 0, leave: 300, validUntil: 200 },
      { contender: 2, enter: 205, leave: 505, validUntil: 405 },
      { contender: 3, enter: 310, leave: 610, validUntil: 510 },
    ]);
    const verdict = judge(mutualExclusion, history, { ...context.claims, ownerRelease: false });
    expect(verdict.evidence[1]).toContain(
      'theft: c1, 100.000 ms past the end of its own lease, released without looking',
    );
    expect(verdict.evidence[1]).toContain('deleted that of c2');
  });

  it('knows locks without expiry', () => {
    const verdict = judge(
      mutualExclusion,
      historyOf([
        { contender: 1, enter: 0, leave: 100, validUntil: Infinity },
        { contender: 2, enter: 50, leave: 60, validUntil: Infinity },
      ]),
    );
    expect(verdict.evidence[0]).toContain('a lock without expiry');
  });

  it('is undecided when records are missing, but fails all the same on what is there', () => {
    const lost = ['worker 1: killed'];
    expect(judge(mutualExclusion, historyOf([], { lost }))).toMatchObject({ verdict: 'undecided' });
    const overlapping = historyOf(
      [
        { contender: 1, enter: 0, leave: 100, validUntil: 100 },
        { contender: 2, enter: 50, leave: 60, validUntil: 1050 },
      ],
      { lost },
    );
    expect(judge(mutualExclusion, overlapping).verdict).toBe('fail');
  });

  it('does not count an unknown acquire as an entry', () => {
    const history = historyOf([
      { contender: 1, enter: 0, leave: 100, validUntil: 100 },
      { contender: 2, enter: 50, leave: 50, validUntil: 50, flags: rowFlags.unknown },
    ]);
    expect(judge(mutualExclusion, history).verdict).toBe('pass');
    expect(judge(overstay, history).verdict).toBe('pass');
  });

  it('by the cell has its own count, and nothing to say without shared memory', () => {
    const conflicts = [{ key: 0, atNs: 5_050e6, insideContender: 1, enteringContender: 2, insideValid: true }];
    const verdict = judge(mutualExclusionCell, historyOf([], { cell: { doubleGrants: 3, overstays: 1, conflicts } }));
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 3 });
    expect(verdict.evidence[0]).toContain('c2 entered and found c1 there');
    expect(verdictOf(mutualExclusionCell, historyOf([], { cell: null }))).toBeNull();
  });
});

describe('the other checks', () => {
  it('find a grant that was handed out too late', () => {
    const late = historyOf([{ contender: 1, enter: 100, leave: 110, validUntil: 100, flags: rowFlags.lateGrant }]);
    expect(judge(grantedInTime, late)).toMatchObject({ verdict: 'fail', violations: 1 });
    expect(judge(grantedInTime, sound).verdict).toBe('pass');
  });

  it('count lost updates, and invented ones', () => {
    expect(
      judge(lostUpdates, historyOf([], { resource: { kind: 'memory', believed: [10, 5], found: [7, 6] } })),
    ).toMatchObject({
      verdict: 'fail',
      violations: 4,
    });
    expect(
      judge(lostUpdates, historyOf([], { resource: { kind: 'memory', believed: [10], found: [10] } })),
    ).toMatchObject({
      verdict: 'pass',
      upperBound: 0.3,
    });
    expect(verdictOf(lostUpdates, sound)).toBeNull();
  });

  it('find a lock that nobody gets, and are undecided in a run too short to see one', () => {
    const wait = (sinceMs: number, untilMs: number) => [
      { key: 0, sinceNs: 5_000e6 + sinceMs * 1e6, untilNs: 5_000e6 + untilMs * 1e6 },
    ];
    const kindOf = (history: History) => judge(deadlockFreedom, history).verdict;
    const one = { contender: 1, enter: 100, leave: 200, validUntil: 1100 };
    expect(kindOf(historyOf([one], { waits: wait(150, 2800) }))).toBe('fail');
    expect(kindOf(historyOf([one], { waits: wait(150, 2600) }))).toBe('pass');
    // Contenders are stopped when the window has closed.
    expect(kindOf(historyOf([one], { waits: wait(57_000, 62_000) }))).toBe('fail');
    expect(kindOf(historyOf([one], { waits: wait(58_000, 63_000) }))).toBe('pass');
    // Somebody else got it in between, and nobody waited through the second pause.
    const other = { contender: 2, enter: 2000, leave: 2100, validUntil: 3000 };
    expect(kindOf(historyOf([one, other], { waits: wait(150, 4000) }))).toBe('pass');
    // The wait is in the row itself.
    const late = historyOf([one, { contender: 2, enter: 3000, leave: 3001, validUntil: 4000, acquireMs: 2900 }]);
    expect(kindOf(late)).toBe('fail');
    // A dead holder without expiry, and a living one with a long lease.
    const dead = { contender: 1, enter: 0, leave: 9000, validUntil: Infinity, flags: rowFlags.open };
    expect(kindOf(historyOf([dead], { waits: wait(0, 9000) }))).toBe('fail');
    expect(kindOf(historyOf([{ ...dead, validUntil: 20_000 }], { waits: wait(0, 9000) }))).toBe('pass');
    expect(kindOf(historyOf([], { windowNs: [0, 2_000e6] }))).toBe('undecided');
    // Somebody or something else may have been the reason.
    for (const more of [
      { standstillMs: 3000 },
      { silentServers: 1 },
      { unreachable: ['primary'] },
      { lost: ['worker 0'] },
    ]) {
      expect(kindOf(historyOf([one], { waits: wait(150, 2800), ...more }))).toBe('undecided');
    }
  });

  it('find keys left behind', () => {
    expect(judge(keysLeft, historyOf([], { keysLeft: ['lockbench:0'] }))).toMatchObject({
      verdict: 'fail',
      violations: 1,
    });
    expect(verdictOf(keysLeft, historyOf([], { keysLeft: null }))).toBeNull();
  });

  it('hold the books: an attempt without outcome, a grant without record', () => {
    const counters = historyOf([]).counters;
    expect(judge(accounting, historyOf([], { counters: { ...counters, attempts: 1 } })).verdict).toBe('fail');
    expect(
      judge(accounting, historyOf([], { counters: { ...counters, attempts: 1, grants: 1, released: 1 } })).verdict,
    ).toBe('fail');
    expect(judge(accounting, sound).verdict).toBe('pass');
  });

  it('do not trust records that leave before they enter, or a run without any', () => {
    expect(judge(assumptions, historyOf([{ contender: 1, enter: 10, leave: 5, validUntil: 20 }])).verdict).toBe('fail');
    expect(judge(assumptions, historyOf([])).verdict).toBe('undecided');
    expect(judge(assumptions, sound).verdict).toBe('pass');
  });
});

describe('validity honoured', () => {
  const held = { contender: 1, enter: 0, leave: 100, validUntil: 1000 };
  const gone = { ...held, flags: rowFlags.releaseLost };

  it('passes locks that were there when they were released', () => {
    expect(judge(validityHonoured, sound)).toMatchObject({ verdict: 'pass', upperBound: 1 });
  });

  it('fails when a release found the lock gone within its validity', () => {
    const verdict = judge(validityHonoured, historyOf([gone]));
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(verdict.evidence[0]).toContain('c1 released at +0.100000 s');
    expect(verdict.evidence[0]).toContain('900.000 ms before its validity was over');
    expect(judge(validityHonoured, historyOf([{ ...gone, validUntil: Infinity }])).verdict).toBe('fail');
  });

  it('does not blame the lock when it may have expired by the time of the answer, or there was none', () => {
    const kindOf = (history: History) => judge(validityHonoured, history).verdict;
    expect(kindOf(historyOf([held, { ...gone, leave: 1000 }]))).toBe('pass');
    expect(kindOf(historyOf([held, { ...gone, leave: 999.5 }]))).toBe('pass');
    // Where no release was answered in time there is nothing to judge.
    expect(kindOf(historyOf([{ ...gone, leave: 1000 }]))).toBe('undecided');
    const slow = historyOf([{ ...gone, releaseMs: 950 }]);
    expect(kindOf(slow)).toBe('undecided');
    expect(kindOf(historyOf([held, { ...gone, flags: rowFlags.releaseLost | rowFlags.releaseUnknown }]))).toBe('pass');
  });

  it('is undecided where records are missing, or the design withstands the loss of a server’s data', () => {
    expect(judge(validityHonoured, historyOf([held], { lost: ['worker 0'] })).verdict).toBe('undecided');
    const cut = faultOf('cut', 'master 1', 50, 60);
    const faults = [{ ...cut, name: 'restart-empty', lost: ['master 1'] }];
    const withstands = { ...context.claims, toleratesLoss: 1 };
    expect(judge(validityHonoured, historyOf([gone], { faults }), withstands).verdict).toBe('undecided');
    expect(judge(validityHonoured, historyOf([gone]), withstands).verdict).toBe('fail');
    // No server lost anything: then nothing but the lock itself lost it.
    expect(judge(validityHonoured, historyOf([gone], { faults: [cut] }), withstands).verdict).toBe('fail');
    expect(judge(validityHonoured, historyOf([gone], { faults })).verdict).toBe('fail');
  });
});

describe('lost lease signalled', () => {
  const held = { contender: 1, enter: 0, leave: 100, validUntil: 1000 };
  const flagged = (flags: number, more = {}): History => historyOf([{ ...held, flags }], more);

  it('passes holders that were told, and fails those that were not', () => {
    const verdict = judge(lostLeaseSignalled, flagged(rowFlags.lost | rowFlags.lossTold));
    expect(verdict).toMatchObject({ verdict: 'pass', upperBound: 1 });
    const silent = judge(lostLeaseSignalled, flagged(rowFlags.lost | rowFlags.extended));
    expect(silent).toMatchObject({ verdict: 'fail', violations: 1 });
    expect(silent.evidence[0]).toContain('an extension of c1');
  });

  it('is undecided where records are missing, and has nothing to say where nothing was extended', () => {
    expect(judge(lostLeaseSignalled, flagged(rowFlags.extended, { lost: ['worker 0'] })).verdict).toBe('undecided');
    expect(judge(lostLeaseSignalled, flagged(rowFlags.extended)).verdict).toBe('pass');
    expect(verdictOf(lostLeaseSignalled, sound)).toBeNull();
  });
});

describe('availability', () => {
  const claims = { ...context.claims, toleratesDown: 1 };
  // Beyond 1000 ms of lease, 500 ms of retry and a second: a stall.
  const waits = [{ key: 0, sinceNs: 5_000e6 + 1000e6, untilNs: 5_000e6 + 9000e6 }];
  const one = { contender: 1, enter: 500, leave: 510, validUntil: 1500 };
  const during = (faults: ReturnType<typeof faultOf>[], more = {}): History =>
    historyOf([one], { faults, waits, ...more });

  it('fails when nobody gets a lock that somebody waits for, with no more servers out than it withstands', () => {
    const verdict = judge(availability, during([faultOf('kill', 'master 2', 2000, 6000)]), claims);
    expect(verdict).toMatchObject({ verdict: 'fail', violations: 1, claimed: true });
    expect(verdict.evidence[0]).toContain('with master 2 out, of which it withstands 1');
    expect(verdict.evidence[0]).toContain('for 4.0 s, until +6.000000 s');
  });

  it('passes when somebody gets it', () => {
    const next = [2500, 4500, 6500].map((enter) => ({
      contender: 2,
      enter,
      leave: enter + 10,
      validUntil: enter + 1000,
    }));
    const history = historyOf([one, ...next], { waits, faults: [faultOf('freeze', 'master 2', 2000, 6000)] });
    expect(judge(availability, history, claims)).toMatchObject({ verdict: 'pass', upperBound: 1 });
  });

  it('counts the servers of faults that overlap together, and one that is hit twice once', () => {
    const kindOf = (...faults: ReturnType<typeof faultOf>[]) => judge(availability, during(faults), claims);
    const first = faultOf('kill', 'master 2', 2000, 7000);
    expect(kindOf(first, faultOf('freeze', 'master 3', 2100, 7000))).toMatchObject({
      verdict: 'undecided',
      evidence: ['an outage of 5.0 s cannot show a stall of more than 2.5 s'],
    });
    expect(kindOf(first, faultOf('freeze', 'master 2', 2100, 7000)).verdict).toBe('fail');
    expect(kindOf(faultOf('kill', 'master 1, master 3', 2000, 7000)).evidence).toEqual([
      '2 servers were out at once, and it promises progress with at most 1',
    ]);
  });

  it('is undecided where the outage was short, or something else may have been the reason', () => {
    expect(judge(availability, during([faultOf('kill', 'master 2', 2000, 3000)]), claims).verdict).toBe('undecided');
    for (const more of [{ standstillMs: 3000 }, { lost: ['worker 0'] }]) {
      const history = during([faultOf('kill', 'master 2', 2000, 6000)], more);
      expect(judge(availability, history, claims).verdict).toBe('undecided');
    }
  });

  it('has nothing to say where no server was out, or the design withstands none', () => {
    expect(verdictOf(availability, during([faultOf('delay', 'master 2', 2000, 6000)]), { claims })).toBeNull();
    const ineffective = { ...faultOf('kill', 'master 2', 2000, 6000), effective: false };
    expect(verdictOf(availability, during([ineffective]), { claims })).toBeNull();
    expect(verdictOf(availability, during([faultOf('kill', 'master 2', 2000, 6000)]))).toBeNull();
  });
});

describe('verdicts', () => {
  const pass: Verdict = { check: 'a', verdict: 'pass', claimed: true, violations: 0, upperBound: 0.01, evidence: [] };
  const fail: Verdict = {
    check: 'a',
    verdict: 'fail',
    claimed: true,
    violations: 2,
    upperBound: null,
    evidence: ['why'],
  };

  it('combine over rounds: the worst counts, violations add up, and the bound shrinks', () => {
    expect(combineVerdicts([[pass], [fail], [fail]])).toEqual([{ ...fail, violations: 4 }]);
    expect(combineVerdicts([[pass], [pass]])[0].upperBound).toBeCloseTo(0.005);
  });

  it('set the exit code for exclusion even where nobody promised it, and for the rest where claimed', () => {
    expect(isViolation({ ...fail, check: 'mutual-exclusion', claimed: false })).toBe(true);
    expect(isViolation({ ...fail, check: 'keys-left', claimed: false })).toBe(false);
    expect(isViolation({ ...fail, check: 'keys-left', claimed: true })).toBe(true);
    expect(isInvalid({ ...fail, check: 'accounting' })).toBe(true);
    expect(isViolation({ ...fail, check: 'accounting' })).toBe(false);
    expect(isViolation({ ...fail, check: 'contiguity', claimed: false })).toBe(true);
    for (const check of ['fencing-order', 'validity-honoured', 'lost-lease-signalled', 'availability']) {
      expect(isViolation({ ...fail, check, claimed: false })).toBe(false);
      expect(isViolation({ ...fail, check, claimed: true })).toBe(true);
    }
  });

  it('of safety are open when a fault had no effect: what was to be withstood did not happen', () => {
    const checks = [mutualExclusion, overstay, keysLeft, validityHonoured];
    const idle = {
      ...faultOf('kill', 'master 2', 2000, 6000),
      effective: false,
      what: 'it could not be brought about',
    };
    const verdictsOf = (steps: Parameters<typeof historyOf>[0], faults: (typeof idle)[]) =>
      judgeHistory(checks, historyOf(steps, { faults }), context).map(({ verdict }) => verdict);
    const one = { contender: 1, enter: 0, leave: 100, validUntil: 1000 };
    const open = judgeHistory(checks, historyOf([one], { faults: [idle] }), context)[0];
    expect(open.evidence).toEqual(['the fault kill had no effect: it could not be brought about']);
    expect(verdictsOf([one], [idle])).toEqual(['undecided', 'undecided', 'pass', 'undecided']);
    expect(verdictsOf([one], [{ ...idle, effective: true }])).toEqual(['pass', 'pass', 'pass', 'pass']);
    const broken = [one, { contender: 2, enter: 50, leave: 60, validUntil: 1050 }];
    expect(verdictsOf(broken, [idle])[0]).toBe('fail');
  });
});
