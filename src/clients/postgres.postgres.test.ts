/** The port to PostgreSQL on a real one: what fails says whether it may have been executed, and a lost session is told. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../base/cancel.js';
import { delay } from '../base/clock.js';
import { runsPostgres, postgres, skipped } from '../servers/postgres.testing.js';
import { openEngine, type OpenedEngine } from './engine.js';
import { maxSessions } from './postgres-pool.js';

const longMs = 5_000;
type Opened = Extract<OpenedEngine, { name: 'postgres' }>;

describe.skipIf(!runsPostgres)(`sessions of PostgreSQL${skipped}`, () => {
  let own: Awaited<ReturnType<typeof postgres>>;
  let opened: Opened;
  beforeAll(async () => void (own = await postgres()));
  afterAll(() => own.close());
  beforeEach(async () => {
    const settings = { connectTimeoutMs: longMs, readyWaitMs: longMs, scripts: [] };
    opened = (await openEngine({ engine: 'postgres', client: null }, own.servers.endpoints, settings)) as Opened;
  });
  afterEach(() => opened.close());

  it('answer with rows in one form, and count what they were asked', async () => {
    const { session, giveBack } = await opened.engine.borrow(noCancel);
    const text = `SELECT $1::text, 2::int4, 9007199254740993::int8, true, NULL`;
    expect(await session.query(text, ['one'], longMs)).toEqual({
      failure: null,
      rows: [['one', 2, 9007199254740993n, true, null]],
    });
    expect(opened.meter).toEqual({ commands: 1, roundTrips: 1 });
    expect(opened.options).toMatchObject({ library: 'pg', version: expect.stringMatching(/^8\./), maxSessions });
    giveBack();
  });

  it('say what the server refused, and go on', async () => {
    const { session } = await opened.engine.borrow(noCancel);
    const { failure } = await session.query('SELECT 1 / 0', [], longMs);
    expect(failure).toMatchObject({ code: 'ERR', fate: 'not-executed', sqlState: '22012' });
    expect((await session.query('SELECT 1', [], longMs)).rows).toEqual([[1]]);
  });

  it('are lost when an answer does not come in time, and it may have been executed', async () => {
    const { session } = await opened.engine.borrow(noCancel);
    const { failure } = await session.query('SELECT pg_sleep(5)', [], 50);
    expect(failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    expect(session.lost).toBe(true);
    expect((await session.query('SELECT 1', [], longMs)).failure).toMatchObject({
      code: 'DOWN',
      fate: 'not-executed',
    });
    expect(opened.failures()).toEqual([
      { node: 0, code: 'DOWN', count: 1 },
      { node: 0, code: 'TIMEOUT', count: 1 },
    ]);
  });

  it('tell when the server ends them, in the midst of a statement or between two', async () => {
    const [one, other] = [await opened.engine.borrow(noCancel), await opened.engine.borrow(noCancel)];
    let told = 0;
    for (const { session } of [one, other]) session.onLost(() => (told += 1));
    const asked = one.session.query('SELECT pg_sleep(5)', [], longMs);
    for (const { session } of [one, other])
      await own.servers.controls[0].call('SELECT pg_terminate_backend($1::int)', session.backendId);
    expect((await asked).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    while (told < 2) await delay(2);
    other.session.onLost(() => (told += 1));
    expect(told).toBe(3);
  });

  it('can be interrupted while they wait for a lock', async () => {
    const [one, other] = [await opened.engine.borrow(noCancel), await opened.engine.borrow(noCancel)];
    await one.session.query('SELECT pg_advisory_lock(1)', [], longMs);
    const waiting = other.session.query('SELECT pg_advisory_lock(1)', [], longMs);
    await delay(30);
    other.session.interrupt();
    expect((await waiting).failure).toMatchObject({ sqlState: '57014', fate: 'not-executed' });
  });

  it('are lent again when they come back clean, and not when something is under way', async () => {
    const first = await opened.engine.borrow(noCancel);
    const { backendId } = first.session;
    first.giveBack();
    const second = await opened.engine.borrow(noCancel);
    expect(second.session.backendId).toBe(backendId);
    void second.session.query('SELECT pg_sleep(0.2)', [], longMs);
    second.giveBack();
    expect(second.session.lost).toBe(true);
  });

  it('are bounded in number: who comes beyond that waits for one, or gives up', { timeout: 60_000 }, async () => {
    const loans = await Promise.all(Array.from({ length: maxSessions }, () => opened.engine.borrow(noCancel)));
    const giveUp = new CancelSource();
    const impatient = opened.engine.borrow(giveUp).catch((error: unknown) => error);
    const patient = opened.engine.borrow(noCancel);
    giveUp.cancel();
    expect(await impatient).toMatchObject({ code: 'UNREACHABLE' });
    loans[0].giveBack();
    expect((await patient).session.backendId).toBe(loans[0].session.backendId);
  });

  it('come back by themselves when the server does', async () => {
    const [control] = own.servers.controls;
    await control.kill();
    // It may take a turn of the event loop until the sessions hear of it.
    const refused = async (): Promise<unknown> => {
      for (;;) {
        try {
          (await opened.engine.borrow(noCancel)).giveBack();
        } catch (error) {
          return error;
        }
        await delay(5);
      }
    };
    expect(await refused()).toMatchObject({ code: 'UNREACHABLE' });
    expect(opened.isUp()).toBe(false);
    await control.start('kept');
    while (!opened.isUp()) await delay(5);
    expect((await (await opened.engine.borrow(noCancel)).session.query('SELECT 1', [], longMs)).rows).toEqual([[1]]);
  });

  it('of a user that there is not are refused at once', async () => {
    const settings = { connectTimeoutMs: 1_000, readyWaitMs: longMs, scripts: [] };
    const stranger = [{ ...own.servers.endpoints[0], username: 'nobody_at_all' }];
    await expect(openEngine({ engine: 'postgres', client: null }, stranger, settings)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('does not exist'),
    });
  });
});
