import { describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import {
  calm,
  control,
  failed,
  fault,
  latency,
  nothingMeasured,
  passed,
  result,
  round,
  run,
  undecided,
} from './fixtures.js';
import { whatStandsOut, type Word, type WordLevel } from './words.js';

function texts(of: Result, level?: WordLevel): string[] {
  return whatStandsOut(of)
    .filter((word) => level === undefined || word.level === level)
    .map(({ text }) => text);
}

const quorum = { topology: { kind: 'quorum', nodes: 5, replicas: 0 }, nodes: 5 } as const;

describe('violations', () => {
  it('come first, with their evidence', () => {
    const evidence = ['key 0: w1.0 was granted the lock while w0.0 was inside', '  +0.100000 s  w0.0 enters'];
    const [first] = whatStandsOut(
      result([run('redlock', { verdicts: [failed('mutual-exclusion', 3, evidence)], incidents: ['server 2 died'] })], {
        partial: true,
      }),
    );
    expect(first).toEqual({
      level: 'violation',
      text:
        'redlock: mutual exclusion was broken: 3 of 31,204 leases had somebody else let in while they were valid. It promises ' +
        'that this does not happen.',
      evidence,
    } satisfies Word);
  });

  it('are set against all grants that were checked, warm-up included', () => {
    const verdicts = [failed('lost-updates', 1), failed('mutual-exclusion', 1951), passed('assumptions', 2010)];
    const told = texts(result([run('single', { verdicts, grants: 1837 })]), 'violation');
    expect(told[0]).toContain('broken: 1,951 of 2,010 leases');
    expect(told[1]).toContain('1 update made inside the lock');
  });

  it('seen by both witnesses are told once', () => {
    const verdicts = [failed('mutual-exclusion', 37), failed('mutual-exclusion-cell', 36), failed('lost-updates', 35)];
    const told = texts(result([run('single-del', { verdicts })]), 'violation');
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('an independent witness that remembers one holder, saw 36');
    expect(told[1]).toContain('35 updates made inside the lock are missing');
  });

  it('of the control come last and are called what they are', () => {
    const told = texts(result([control(412), run('single', { verdicts: [failed('lost-updates', 1)] })]), 'violation');
    expect(told[0]).toMatch(/^single: 1 update made inside the lock is missing/);
    expect(told[1]).toMatch(/^none: .*412 of .*none promises nothing: this is the control\.$/);
  });

  it('that a design never promised against are warnings, and say so', () => {
    const verdicts = [failed('keys-left', 2, [], false)];
    expect(texts(result([run('setnx', { verdicts })]), 'warning')).toContain(
      'setnx: 2 keys stayed behind when everybody had released or given up. It does not promise otherwise.',
    );
  });

  it('of the records make the run untrustworthy, not the lock', () => {
    const words = texts(result([run('single', { verdicts: [failed('accounting', 1)] })]), 'warning');
    expect(words).toContain(
      'single: the records are not sound (accounting), so no figure of this run is to be trusted',
    );
  });
});

describe('no violation', () => {
  it('is told with its bound and with what the plan can show', () => {
    const words = texts(result([run('single'), run('redlock', { verdicts: [passed('mutual-exclusion', 1200)] })]));
    expect(words).toContain(
      'no violation seen: single in 31,204 grants (rate below 0.0096 % with 95 % confidence); redlock in 1,200 grants ' +
        '(rate below 0.25 %); without a lock the same plan shows 412 per 1,000',
    );
  });

  it('is measured against the control beside it', () => {
    const words = texts(result([control(1305), run('single', { detectionPower: null })]));
    expect(words.join('\n')).toContain('without a lock the same plan shows 100 per 1,000');
  });

  it('means nothing when the plan shows none without a lock either, and that is a warning', () => {
    const blind = run('single', { detectionPower: { grants: 900, violationsPer1000: 0 } });
    expect(texts(result([blind]), 'warning').join('\n')).toContain('no violation either, in 900 grants');
  });

  it('never makes a lock safe', () => {
    expect(texts(result([run('single'), control(4)])).join('\n')).not.toMatch(/\bsafe/i);
  });

  it('is not claimed where exclusion is undecided', () => {
    const open = run('single', { verdicts: [undecided('mutual-exclusion', 'records are missing: worker 2 died')] });
    const words = texts(result([open]));
    expect(words.join('\n')).not.toContain('no violation');
    expect(texts(result([open]), 'warning')).toEqual([
      'single: mutual exclusion undecided: records are missing: worker 2 died',
    ]);
  });
});

describe('doubts', () => {
  it('about the whole run come before those about one contestant', () => {
    const words = texts(
      result([run('single', { incidents: ['server 1 went away at +2.0 s'], errors: { DOWN: 3, TIMEOUT: 1204 } })], {
        partial: true,
        exitCode: 130,
        warnings: ['single: 900 of 2000 arrivals per second were served'],
      }),
      'warning',
    );
    expect(words).toEqual([
      'partial result: the run was interrupted; the figures are of what was measured until then',
      'single: 900 of 2000 arrivals per second were served',
      'single: server 1 went away at +2.0 s',
      'single: errors TIMEOUT 1,204, DOWN 3',
    ]);
  });

  it('about a saturated generator say what closed-loop latency then is', () => {
    const resources = { ...calm, limitedBy: 'generator', generatorUsPerCycle: 21.23 } as const;
    const rate = { shape: 'rate', targetHz: 2000, achievedHz: 2000 };
    const closed = texts(result([run('a', { resources }), run('b', { resources })]), 'warning');
    expect(closed).toHaveLength(1);
    expect(closed[0]).toContain('a (21.2us of CPU per grant), b (21.2us of CPU per grant)');
    expect(closed[0]).toContain('contenders divided by throughput: compare latencies at a common --rate');
    expect(texts(result([run('a', { resources, load: rate })]), 'warning')[0]).toContain('saturated at this rate');
  });

  it('about the machine are raised by busy cores, by waiting for them, and by late event loops', () => {
    const of = (resources: Partial<typeof calm>): string[] =>
      texts(result([run('single', { resources: { ...calm, ...resources } })]), 'warning');
    expect(of({ runQueueWaitRatio: 0.18 })[0]).toContain('18 % of the time waiting for a core');
    expect(of({ machineBusyRatio: 0.97 })[0]).toContain('machine 97 % busy');
    expect(of({ eventLoopDelayUsP99: 25_000 })[0]).toContain('p99 25.0ms');
    expect(of({})).toEqual([]);
  });
});

describe('a promise', () => {
  it('is told with its condition where a fault took just that', () => {
    const broken = failed('mutual-exclusion', 3, []);
    const text = (target: string, toleratesLoss: number): string => {
      const claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 2, toleratesLoss };
      const faults = [fault({ name: 'restart-empty', lost: target.split(', '), startedMs: 100 })];
      return texts(result([run('redlock', { verdicts: [broken], faults, claims })])).join('\n');
    };
    expect(text('master 2', 0)).toContain(
      'It promises that this does not happen while no server loses what it acknowledged, and here 1 did.',
    );
    expect(text('master 2, master 4', 1)).toContain(
      'while at most 1 server loses what it acknowledged, and here 2 did.',
    );
    expect(text('master 2', 1)).toContain('It promises that this does not happen.');
  });
});

describe('behaviour', () => {
  it('tells who got nothing and who took it again', () => {
    const words = texts(
      result([run('single', { fairness: { jain: 0.41, starved: 3 }, throughputHz: 1240, handoffHz: 12.34 })]),
      'warning',
    );
    expect(words).toEqual([
      "single: unevenly shared: Jain's index 0.410 (1 is even); 3 of 16 contenders got nothing; only 12.3 of 1,240 " +
        'grants/s went to another contender than the last: whoever releases takes it again',
    ]);
  });

  it('expects no hand-offs where everybody has a key of their own', () => {
    expect(texts(result([run('single', { keys: 16, handoffHz: 0 })]), 'warning')).toEqual([]);
  });

  it('says why attempts were refused', () => {
    const refused = { busy: 100, tooLate: 2, unreachable: 3 };
    expect(texts(result([run('redlock', { attempts: 1000, refused })]))).toContain(
      'redlock: of 1,000 attempts, 100 (10.0 %) gave up on a busy lock within 5s, 2 (0.200 %) had their answers when ' +
        'validity was over and 3 (0.300 %) found too few nodes reachable',
    );
  });

  it('names the herd, the dropped releases and the outcomes that nobody knows', () => {
    const words = texts(
      result([run('redlock', { ...quorum, commandsPerGrant: 62.4, backlog: { peak: 4096, dropped: 17 }, unknown: 2 })]),
    ).join('\n');
    expect(words).toContain('62.4 commands, 2.00 tries per grant, where an uncontended one takes about 10');
    const cluster = { kind: 'cluster', nodes: 3, replicas: 0 } as const;
    expect(texts(result([run('etcd', { topology: cluster, commandsPerGrant: 12 })])).join('\n')).toContain(
      'where an uncontended one takes about 3',
    );
    expect(words).toContain('17 owed releases were given up');
    expect(words).toContain('2 acquires of unknown outcome');
  });

  it('explains the dashes', () => {
    const queued = run('postgres', { grants: 762, latencyUs: { acquire: nothingMeasured } });
    expect(texts(result([queued])).join('\n')).toContain('postgres: acquire is of 0 of 762 grants');
    const few = run('single', { waitUs: latency(8000, null, 9000, 412), latencyUs: { extend: nothingMeasured } });
    expect(texts(result([few])).join('\n')).toContain('single (wait 412)');
  });

  it('says when nothing was granted', () => {
    const none = run('setnx', { grants: 0, attempts: 16, throughputHz: 0, handoffHz: 0, verdicts: [] });
    expect(texts(result([none]), 'warning')).toContain('setnx: nothing was granted in 16 attempts');
  });
});

describe('comparisons', () => {
  const slow = { acquire: latency(1195, 4000, 9000) };
  const compared = (...runs: Parameters<typeof result>[0]): string[] =>
    texts(result(runs)).filter((text) => text.includes('in this run'));

  it('set a variant against its design', () => {
    expect(compared(run('redlock@fanout=sequential', { latencyUs: slow }), run('redlock'))).toEqual([
      'redlock@fanout=sequential against redlock in this run: acquire p50 2.90 times (1.20ms, 412us)',
    ]);
  });

  it('tell what the retry policy costs and buys, where contestants differ by nothing else', () => {
    const jitter = { ...quorum, commandsPerGrant: 24, waitUs: latency(5000, 60_000, 90_000), throughputHz: 120 };
    const fixed = { ...quorum, commandsPerGrant: 13, waitUs: latency(600, 210_000, 300_000), throughputHz: 110 };
    const retry = { kind: 'fixed', minMs: 200, maxMs: 200, limit: null } as const;
    const told = (more: object): string[] =>
      texts(result([run('redlock', jitter), run('redlock@retry=fixed', { ...fixed, retry, ...more })]));
    expect(told({})).toContainEqual(
      expect.stringMatching(
        /^redlock@retry=fixed against redlock, which differ by their retry policy alone \(fixed 200ms, full-jitter 5ms-500ms\), in this run: commands per grant 0\.542 times \(13\.0, 24\.0\).* With redlock more of those who were refused come back while the lock is still held, and those who meet split the vote: that is the herd; with redlock@retry=fixed who stays away/,
      ),
    );
    expect(told({ client: 'node-redis' }).join()).not.toContain('retry policy');
    expect(told({ commandsPerGrant: 24, waitUs: jitter.waitUs }).join()).not.toContain('retry policy');
  });

  it('set designs against the quickest, and leave the control out', () => {
    expect(compared(control(3), run('redlock', { latencyUs: slow }), run('single'))).toEqual([
      'acquire p50 in this run: single has the lowest with 412us; redlock 2.90 times that',
    ]);
  });

  it('are silent about small differences and about figures that are not there', () => {
    expect(compared(run('a'), run('b', { latencyUs: { acquire: latency(600, 700, 800) } }))).toEqual([]);
    expect(compared(run('a'), run('b', { latencyUs: { acquire: nothingMeasured } }))).toEqual([]);
  });

  it('are silent where the rounds of both overlap', () => {
    const slower = (rounds: readonly number[]): ReturnType<typeof run> =>
      run('b', { latencyUs: slow, repeats: rounds.map((us, at) => round(at + 1, 3000, us)) });
    const base = run('a', { repeats: [round(1, 3000, 400), round(2, 3000, 900)] });
    expect(compared(base, slower([800, 1500]))).toEqual([]);
    expect(compared(base, slower([1000, 1500]))).toHaveLength(1);
  });
});
