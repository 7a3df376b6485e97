/** A private PostgreSQL as a server of ours, and one of somebody else's. */
import { existsSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delay } from '../base/clock.js';
import { openPostgresAdmin } from '../clients/postgres-admin.js';
import { noPostgres } from './no-postgres.js';
import { findPostgres } from './postgres-binary.js';
import { runsPostgres, postgres, skipped } from './postgres.testing.js';
import { startTimeOf } from './process-identity.js';

const lock = `SELECT pg_advisory_lock(hashtextextended('a', 0))`;

describe.skipIf(!runsPostgres)(`a private PostgreSQL${skipped}`, () => {
  let own: Awaited<ReturnType<typeof postgres>>;
  beforeAll(async () => void (own = await postgres()));
  afterAll(() => own.close());

  it('tells what it is, and that nothing is kept', () => {
    expect(own.servers.servers).toMatchObject([
      { name: 'primary', mode: 'primary', settings: { fsync: 'off', durability: 'none' } },
    ]);
    expect(own.servers.servers[0].version).toMatch(/^PostgreSQL \d+/);
  });

  it('works in children of its own, which stand still and go on with it', async () => {
    const [control] = own.servers.controls;
    expect(own.servers.families[0].length).toBeGreaterThan(3);
    await control.freeze();
    await expect(control.call('PING')).rejects.toThrow();
    await control.thaw();
    expect(await control.call('SELECT 1 + 1')).toEqual([[2]]);
    expect(Math.abs(await control.clockAheadMs())).toBeLessThan(5_000);
  });

  it('comes back after a kill on the same port, with its data or without', async () => {
    const [control] = own.servers.controls;
    const family = own.servers.families[0];
    await control.call('CREATE TABLE kept (id int)');
    await control.kill();
    expect(family.map(startTimeOf)).toEqual(family.map(() => null));
    expect(await own.servers.unreachable()).toEqual(['primary']);
    await control.start('kept');
    expect(await control.call('SELECT count(*)::int FROM kept')).toEqual([[0]]);
    await control.kill();
    await control.start('empty');
    await expect(control.call('SELECT count(*) FROM kept')).rejects.toThrow(/42P01/);
    expect(await own.servers.unreachable()).toEqual([]);
  });

  it('shows the locks of our sessions that are left, ends those sessions, and lets go of none by itself', async () => {
    const holder = await openPostgresAdmin(own.servers.endpoints[0], 2_000);
    await holder.call(lock);
    expect(await own.servers.keysLeft()).toEqual([expect.stringMatching(/^advisory lock -?\d+, held by backend \d+$/)]);
    await own.servers.removeKeys();
    expect(await own.servers.keysLeft()).toEqual([]);
  });

  it('tells when it is lost unasked', async () => {
    const other = await postgres();
    try {
      const told: string[] = [];
      other.servers.onIncident((text) => told.push(text));
      process.kill(other.servers.pids[0]!, 'SIGKILL');
      while (told.length === 0) await delay(5);
      expect(told).toEqual(['primary exited (SIGKILL)']);
    } finally {
      await other.close();
    }
  });

  it('leaves no process and no folder behind', async () => {
    const other = await postgres({ persistence: 'always' });
    const [family, folder] = [other.servers.families[0], readlinkSync(`/proc/${other.servers.pids[0]}/cwd`)];
    expect(other.servers.servers[0].settings).toMatchObject({ fsync: 'on', durability: 'fsync' });
    await other.close();
    await delay(100);
    expect(family.map(startTimeOf)).toEqual(family.map(() => null));
    expect(existsSync(folder)).toBe(false);
  });

  it('of somebody else is used as it is, and cannot be stopped from here', async () => {
    const given = await postgres({ addresses: { postgres: own.servers.endpoints } });
    try {
      expect(given.servers.pids).toEqual([null]);
      await expect(given.servers.controls[0].kill()).rejects.toThrow(/no process of ours/);
      expect(await given.servers.keysLeft()).toEqual([]);
    } finally {
      await given.close();
    }
    expect(await own.servers.controls[0].call('PING')).toEqual([[1]]);
  });

  it('that does not answer is told with the address and without the password', async () => {
    const nobody = { host: '127.0.0.1', port: 1, tls: false, password: 'topsecret' };
    const error = await postgres({ addresses: { postgres: [nobody] } }).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('127.0.0.1:1') });
    expect(String(error)).not.toContain('topsecret');
  });
});

describe('where there is no PostgreSQL', () => {
  it('the words name it and a line to type', () => {
    expect(noPostgres('nothing was found')).toMatchObject({
      code: 'NO_SERVER',
      message: expect.stringContaining('no PostgreSQL'),
      hint: expect.stringContaining('apt-get install postgresql'),
    });
  });

  it('a folder that is named and holds none is refused', () => {
    process.env.BENCH_POSTGRES_BIN = '/nowhere';
    try {
      expect(() => findPostgres()).toThrow(/no programs postgres and initdb/);
    } finally {
      delete process.env.BENCH_POSTGRES_BIN;
    }
  });
});
