/** The port to etcd on a real cluster: what fails says whether it may have been executed, and who is not there is passed over. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../base/cancel.js';
import { delay } from '../base/clock.js';
import { etcd, runsEtcd, keyPrefix, skipped } from '../servers/etcd.testing.js';
import { openEngine, type OpenedEngine } from './engine.js';

const longMs = 5_000;
const shortMs = 200;
type Opened = Extract<OpenedEngine, { name: 'etcd' }>;

describe.skipIf(!runsEtcd)(`etcd${skipped}`, { timeout: 30_000 }, () => {
  let own: Awaited<ReturnType<typeof etcd>>;
  let opened: Opened;
  let leases = 0n;
  let names = 0;
  const freshLease = (): bigint => (leases += 1n);
  const freshPrefix = (): string => `${keyPrefix}${(names += 1)}/`;

  async function create(prefix: string, name: string): Promise<bigint> {
    const lease = freshLease();
    expect((await opened.engine.grant(lease, 60, longMs)).failure).toBeNull();
    const { failure, reply } = await opened.engine.create(prefix + name, lease, prefix, longMs);
    expect(failure).toBeNull();
    expect(reply?.created).toBe(true);
    return lease;
  }

  beforeAll(async () => void (own = await etcd(3)));
  afterAll(() => own.close());
  beforeEach(async () => {
    const settings = { connectTimeoutMs: 1_000, readyWaitMs: longMs, scripts: [] };
    opened = (await openEngine({ engine: 'etcd', client: null }, own.servers.endpoints, settings)) as Opened;
    expect(opened.isUp()).toBe(true);
  });
  afterEach(() => opened.close());

  it('grants leases, keeps them alive and revokes them, once', async () => {
    const { engine, meter } = opened;
    const lease = freshLease();
    expect((await engine.grant(lease, 60, longMs)).reply).toEqual({ ttlSeconds: 60 });
    expect((await engine.grant(lease, 60, longMs)).failure).toMatchObject({ code: 'ERR', fate: 'not-executed' });
    const kept = await engine.keepAlive(lease, longMs);
    expect(kept.reply).toMatchObject({ ttlSeconds: 60 });
    expect(kept.reply!.term).toBeGreaterThan(0n);
    expect((await engine.revoke(lease, longMs)).reply).toEqual({ existed: true });
    expect((await engine.revoke(lease, longMs)).reply).toEqual({ existed: false });
    expect((await engine.keepAlive(lease, longMs)).reply).toMatchObject({ ttlSeconds: 0 });
    expect(meter).toEqual({ commands: 6, roundTrips: 6 });
  });

  it('creates a key once, tells the youngest two, and finds them again up to a revision', async () => {
    const { engine } = opened;
    const prefix = freshPrefix();
    const [one] = [await create(prefix, 'one'), await create(prefix, 'two')];
    const lease = freshLease();
    await engine.grant(lease, 60, longMs);
    const { reply } = await engine.create(`${prefix}three`, lease, prefix, longMs);
    expect(reply?.youngest.map(({ key }) => key)).toEqual([`${prefix}three`, `${prefix}two`]);
    expect(reply?.youngest[0]).toMatchObject({ createRevision: reply!.revision, lease });
    expect((await engine.create(`${prefix}three`, lease, prefix, longMs)).reply?.created).toBe(false);
    const second = reply!.youngest[1].createRevision;
    const { reply: found } = await engine.range(prefix, second, 9, longMs);
    expect(found?.keys.map(({ key, lease: of }) => [key, of])).toEqual([
      [`${prefix}two`, expect.anything()],
      [`${prefix}one`, one],
    ]);
  });

  it('puts nothing under a lease that is not there', async () => {
    const prefix = freshPrefix();
    const { failure } = await opened.engine.create(`${prefix}x`, freshLease(), prefix, longMs);
    expect(failure).toMatchObject({
      code: 'ERR',
      fate: 'not-executed',
      message: expect.stringMatching(/lease not found/),
    });
  });

  it('tells of a deletion that is to come, of one that was, and of none to those who leave', async () => {
    const { engine } = opened;
    const prefix = freshPrefix();
    const lease = await create(prefix, 'x');
    const { revision } = (await engine.range(prefix, 0n, 1, longMs)).reply!;
    const leaver = new CancelSource();
    const left = engine.deleted(`${prefix}x`, revision + 1n, leaver);
    const stayed = engine.deleted(`${prefix}x`, revision + 1n, noCancel);
    leaver.cancel();
    expect(await left).toBe('cancelled');
    await engine.revoke(lease, longMs);
    expect(await stayed).toBe('deleted');
    expect(await engine.deleted(`${prefix}x`, revision + 1n, noCancel)).toBe('deleted');
    expect(await engine.deleted(`${prefix}x`, revision + 1n, leaver)).toBe('cancelled');
  });

  it('passes over a node that is gone, ends the watches there, and comes back to all', async () => {
    const { engine } = opened;
    const prefix = freshPrefix();
    await create(prefix, 'x');
    const watching = engine.deleted(`${prefix}x`, 1n, noCancel);
    await own.servers.controls[0].kill();
    expect(await watching).toBe('gap');
    // Where the first was the leader there is none for a moment.
    let failure = (await engine.range(prefix, 0n, 1, longMs)).failure;
    for (let i = 0; i < 100 && failure !== null; i += 1, await delay(20))
      failure = (await engine.range(prefix, 0n, 1, longMs)).failure;
    expect(failure).toBeNull();
    expect(opened.failures().some(({ node }) => node === 0)).toBe(true);
    await own.servers.controls[0].start('kept');
    for (let i = 0; i < 100 && !opened.isUp(); i += 1) await delay(20);
    expect(opened.isUp()).toBe(true);
  });

  it('keeps the deadline where a node stands still: it may have been executed, and the next is asked', async () => {
    const { engine } = opened;
    const prefix = freshPrefix();
    await engine.range(prefix, 0n, 1, longMs);
    const watching = engine.deleted(`${prefix}x`, 1n, noCancel);
    await own.servers.controls[0].freeze();
    const { failure } = await engine.range(prefix, 0n, 1, shortMs);
    expect(failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    expect(await watching).toBe('gap');
    let next = await engine.range(prefix, 0n, 1, longMs);
    for (let i = 0; i < 100 && next.failure !== null; i += 1) next = await engine.range(prefix, 0n, 1, longMs);
    expect(next.failure).toBeNull();
    await own.servers.controls[0].thaw();
  });

  it('says at once that nothing was sent when nobody is there', async () => {
    for (const control of own.servers.controls) await control.kill();
    for (let i = 0; i < 100 && opened.failures().length === 0; i += 1) await opened.engine.keepAlive(1n, longMs);
    expect((await opened.engine.keepAlive(1n, longMs)).failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    await Promise.all(own.servers.controls.map((control) => control.start('kept')));
  });
});
