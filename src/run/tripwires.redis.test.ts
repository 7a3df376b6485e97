/** Strikes at events, on real threads, processes and servers: each where it belongs, told for what it was, none lost. */
import { afterEach, describe, expect, it } from 'vitest';
import { rowFlags, type ClientName, type GrantRows, type Isolate } from '../contract/index.js';
import { delay, nowMs } from '../base/clock.js';
import accounting from '../check/accounting.js';
import { historyOf, verdictOf } from '../check/testing.js';
import { grantsInMemory } from '../record/grant-columns.js';
import type { RawOptions } from '../plan/catalogue.js';
import { startRun, type Ended, type TestRun } from './testing.js';

const patienceMs = 5000;
const ttlMs = 200;

let run: TestRun;
afterEach(() => run.close());

async function start(isolate: Isolate, raw: RawOptions = {}): Promise<void> {
  run = await startRun({ strategy: 'single', isolate, ttl: `${ttlMs}ms`, contenders: '2', duration: '60s', ...raw });
}

const flagged = ({ flags }: GrantRows, flag: number): number[] =>
  [...flags.keys()].filter((row) => (flags[row] & flag) !== 0);

/** Complete: whatever was struck has its record. */
function expectSums({ counters, rows }: Ended): void {
  const verdict = verdictOf(accounting, historyOf([], { counters, rows: grantsInMemory(rows) }));
  expect(verdict).toMatchObject({ verdict: 'pass', evidence: [] });
}

describe.each(['thread', 'process'] as const)('in a %s', (isolate) => {
  it('a holder stands still beyond its lease, and so does its worker, and not the harness', async () => {
    await start(isolate);
    let longestMs = 0;
    let lastMs = nowMs();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, nowMs() - lastMs);
      lastMs = nowMs();
    }, 5);
    const caught = await run.contenders.catch('granted', 2, { kind: 'stand-still', ms: 3 * ttlMs }, patienceMs);
    const { stoodStillMs, outcome } = await caught!.over;
    clearInterval(watch);
    expect(stoodStillMs).toBeGreaterThanOrEqual(3 * ttlMs);
    expect(longestMs).toBeLessThan(stoodStillMs / 2);
    expect(['released', 'lost']).toContain(outcome);
    expect(caught).toMatchObject({ key: '0', name: `w${caught!.worker}.${caught!.contender % 2}` });
    expect(caught!.token).toMatch(/^[0-9a-f]{32}$/);
    const ended = await run.end();
    expectSums(ended);
    const steps = ended.trace.filter(({ what }) => what.startsWith(caught!.name));
    expect(steps.map(({ what }) => what)).toEqual([`${caught!.name} stands still`, `${caught!.name} goes on`]);
    const granted = ended.trace.find(({ what, token }) => what === 'granted' && token === caught!.token)!;
    const row = ended.rows.enterNs.indexOf(granted.atNs);
    expect(ended.rows.contender[row]).toBe(caught!.contender);
    // A guarded holder does nothing after its lease, and did not know before.
    expect(ended.rows.leaveNs[row]).toBeLessThanOrEqual(ended.rows.validUntilNs[row] + 1000);
    expect(ended.trace.some(({ what, answer }) => what === 'SET' && answer === 'OK')).toBe(true);
    expect(ended.trace.some(({ what, answer }) => what === 'compare-and-delete' && answer === '1')).toBe(true);
  });

  it('a holder stands still between its check and its write', async () => {
    await start(isolate, { workload: 'counter', holder: 'naive' });
    const caught = await run.contenders.catch('checked', 1, { kind: 'stand-still', ms: 2 * ttlMs }, patienceMs);
    const { stoodStillMs, outcome } = await caught!.over;
    expect(stoodStillMs).toBeGreaterThanOrEqual(2 * ttlMs);
    expect(outcome).toBe('lost');
    const ended = await run.end();
    expectSums(ended);
    expect(flagged(ended.rows, rowFlags.releaseLost)).toHaveLength(1);
  });

  it('a holder stands still while the answer to its extension waits', async () => {
    await start(isolate, { hold: '100ms', 'extend-every': '20ms', wait: '1s', holder: 'naive' });
    const caught = await run.contenders.catch('extend-sent', 1, { kind: 'stand-still', ms: 2 * ttlMs }, patienceMs);
    const { stoodStillMs } = await caught!.over;
    expect(stoodStillMs).toBeGreaterThanOrEqual(2 * ttlMs);
    const ended = await run.end();
    expectSums(ended);
    // The extension was executed; its answer was read when that was over, too.
    const answered = ended.trace.find(
      ({ token, what, answer }) => token === caught!.token && what === 'compare-and-expire' && answer !== null,
    );
    expect(answered).toMatchObject({ answer: '1' });
    expect(flagged(ended.rows, rowFlags.lost).length).toBeGreaterThan(0);
    expect(flagged(ended.rows, rowFlags.lossTold)).toEqual(flagged(ended.rows, rowFlags.lost));
  });

  it('a holder is kept inside for a share of its validity, or until it is let go', async () => {
    await start(isolate, { ttl: '400ms', hold: '0' });
    const keep = { kind: 'keep-inside', share: 0.5, mostMs: 60_000 } as const;
    const first = await run.contenders.catch('granted', 1, keep, patienceMs);
    expect((await first!.over).outcome).toBe('released');
    const second = await run.contenders.catch('granted', 1, { ...keep, share: 1000 }, patienceMs);
    second!.letGo();
    expect((await second!.over).outcome).toBe('released');
    const ended = await run.end();
    expectSums(ended);
    const insideMs = (token: string | null): number => {
      const { atNs } = ended.trace.find((step) => step.what === 'granted' && step.token === token)!;
      const row = ended.rows.enterNs.indexOf(atNs);
      return (ended.rows.leaveNs[row] - atNs) / 1e6;
    };
    expect(insideMs(first!.token)).toBeGreaterThan(150);
    expect(insideMs(first!.token)).toBeLessThan(400);
    expect(insideMs(second!.token)).toBeLessThan(400);
  });

  it('what does not come is disarmed, and several may be armed at once', async () => {
    await start(isolate, { hold: '0' });
    const [never, ...others] = await Promise.all([
      run.contenders.catch('extend-sent', 1, { kind: 'stand-still', ms: 1 }, 100),
      run.contenders.catch('granted', 1, { kind: 'stand-still', ms: 1 }, patienceMs),
      run.contenders.catch('granted', 2, { kind: 'stand-still', ms: 1 }, patienceMs),
    ]);
    expect(never).toBeNull();
    for (const caught of others) expect((await caught!.over).outcome).toBe('released');
    // Without patience: either it came, and is told, or it never does.
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => run.contenders.catch('granted', 1, { kind: 'stand-still', ms: 0 }, 0)),
    );
    const struck = outcomes.filter((one) => one !== null);
    await Promise.all(struck.map(({ over }) => over));
    const { trace } = await run.end();
    expect(trace.filter(({ what }) => what.endsWith('stands still'))).toHaveLength(others.length + struck.length);
  });

  it('the wall clock of every worker moves, and can be moved back', async () => {
    await start(isolate);
    const forthMs = await run.contenders.stepWallClock(-5000);
    expect(Math.abs(forthMs + 5000)).toBeLessThan(50);
    expect(Math.abs((await run.contenders.stepWallClock(5000)) - 5000)).toBeLessThan(50);
    expectSums(await run.end());
  });
});

describe.each(['ioredis', 'node-redis'] as const)('on %s', (client: ClientName) => {
  it.each(['single', 'redlock', 'failover@waitReplicas=1'])(
    '%s stands still when its SETs are out',
    async (strategy) => {
      await start('thread', {
        strategy: `${strategy}`,
        client,
        contenders: '1',
        workers: '1',
        ttl: '300ms',
        wait: '0',
      });
      await delay(200);
      const caught = await run.contenders.catch('acquire-sent', 3, { kind: 'stand-still', ms: 600 }, patienceMs);
      expect(caught).toMatchObject({ token: expect.any(String), validUntilMs: null, key: '0' });
      const { stoodStillMs, outcome } = await caught!.over;
      expect(stoodStillMs).toBeGreaterThanOrEqual(600);
      // The servers answered in time and the answers lay there: a design that reads the clock again finds it too late.
      expect(['too-late', 'unknown']).toContain(outcome);
      const { trace } = await run.end();
      const still = trace.findIndex(({ what }) => what.endsWith('stands still'));
      const sets = trace.slice(0, still).filter(({ what }) => what === 'SET');
      expect(sets.at(-1)!.answer).toBeNull();
      const late = trace.slice(still).filter(({ token, answer }) => token === sets.at(-1)!.token && answer !== null);
      expect(late[0]).toMatchObject({ what: 'SET', answer: 'OK' });
    },
  );
});

describe('a crash', () => {
  it.each(['granted', 'checked', 'extend-sent'] as const)(
    'at %s leaves an open record and a whole report',
    async (event) => {
      await start('process', { workload: 'counter', hold: '40ms', 'extend-every': '10ms', contenders: '4' });
      await delay(100);
      const caught = await run.contenders.catch(event, 2, { kind: 'crash' }, patienceMs);
      expect(await caught!.over).toEqual({ stoodStillMs: 0, outcome: 'crashed' });
      expect(run.crew.works(caught!.worker)).toBe(false);
      expect(run.incidents).toEqual([`worker ${caught!.worker} was killed while ${caught!.name} held key 0`]);
      const ended = await run.end();
      expect(ended.reports.every((report) => typeof report !== 'string')).toBe(true);
      expectSums(ended);
      const open = flagged(ended.rows, rowFlags.open);
      expect(open.map((row) => ended.rows.contender[row])).toEqual([caught!.contender]);
      expect(ended.trace.at(-1)).toBeDefined();
      expect(ended.trace.filter(({ what }) => what === `${caught!.name} is killed`)).toHaveLength(1);
      expect(run.incidents).toHaveLength(1);
    },
  );

  it('is refused where it cannot be had, and what makes no sense too', async () => {
    await start('thread');
    await expect(run.contenders.catch('granted', 1, { kind: 'crash' }, 100)).rejects.toThrow('--isolate process');
    const keep = { kind: 'keep-inside', share: 1, mostMs: 60_000 } as const;
    await expect(run.contenders.catch('checked', 1, keep, 100)).rejects.toThrow(
      'keep-inside cannot be done at checked',
    );
  });
});
