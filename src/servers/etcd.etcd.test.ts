/** etcd as private processes: all of one cluster and ours, killed, frozen, back with their data and without. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delay } from '../base/clock.js';
import { openEtcdAdmin } from '../clients/etcd-admin.js';
import { EtcdNodes } from '../clients/etcd-cluster.js';
import { etcd, runsEtcd, keyPrefix, skipped } from './etcd.testing.js';
import type { Provisioned } from './provision.js';
import { nextPort } from './server-process.js';

const limitMs = 5_000;

/** Somebody leads who answers. */
async function leaderOf(servers: Provisioned): Promise<number> {
  for (let i = 0; i < 200; i += 1, await delay(20)) {
    const leader = await servers.leader();
    if (leader !== null) return leader;
  }
  throw new Error('nobody leads');
}

/** A key of ours that stays for a minute. */
async function leave(servers: Provisioned): Promise<void> {
  const cluster = new EtcdNodes(servers.endpoints, limitMs, () => {});
  for (let i = 0; i < 100 && !cluster.up; i += 1) await delay(20);
  await cluster.grant(1n, 60, limitMs);
  const { failure } = await cluster.create(`${keyPrefix}left\0token`, 1n, keyPrefix, limitMs);
  cluster.close();
  expect(failure).toBeNull();
}

describe.skipIf(!runsEtcd)(`servers of etcd${skipped}`, { timeout: 30_000 }, () => {
  let own: Awaited<ReturnType<typeof etcd>>;
  beforeAll(async () => void (own = await etcd(3)));
  afterAll(() => own.close());

  it('are ready when they agree on a leader, and tell what they are', async () => {
    const { servers } = own;
    expect(servers.servers.map(({ name }) => name)).toEqual(['node 1', 'node 2', 'node 3']);
    expect(servers.servers.map(({ mode }) => mode).sort()).toEqual(['follower', 'follower', 'leader']);
    const leader = await leaderOf(servers);
    expect(servers.servers[leader].mode).toBe('leader');
    for (const { version, settings } of servers.servers) {
      expect(version).toMatch(/^etcd 3\./);
      expect(settings['durability']).toMatch(/^quorum/);
    }
    expect(new Set(servers.pids).size).toBe(3);
  });

  it('elect another when the leader is killed, and take it back with its data', async () => {
    const { servers } = own;
    const before = await leaderOf(servers);
    const incidents: string[] = [];
    servers.onIncident((text) => incidents.push(text));
    await servers.controls[before].kill();
    expect(await leaderOf(servers)).not.toBe(before);
    expect(await servers.unreachable()).toEqual([`node ${before + 1}`]);
    await servers.controls[before].start('kept');
    expect(await servers.unreachable()).toEqual([]);
    expect(incidents).toEqual([]);
  });

  it('elect another when the leader stands still', async () => {
    const { servers } = own;
    const before = await leaderOf(servers);
    await servers.controls[before].freeze();
    expect(await leaderOf(servers)).not.toBe(before);
    await servers.controls[before].thaw();
    await leaderOf(servers);
    expect(await servers.unreachable()).toEqual([]);
  });

  it('take back who has lost its data, as another member, and keep what they had', async () => {
    const { servers } = own;
    await leave(servers);
    const victim = await leaderOf(servers);
    await servers.controls[victim].kill();
    await servers.controls[victim].start('empty');
    const admin = await openEtcdAdmin(servers.endpoints[victim], limitMs);
    expect(await admin.members()).toHaveLength(3);
    admin.close();
    expect(await servers.keysLeft()).toEqual([`${keyPrefix}left/token`]);
    await servers.removeKeys();
    expect(await servers.keysLeft()).toEqual([]);
  });

  it('come back one by one when a majority was killed', async () => {
    const { servers } = own;
    const [one, other] = servers.controls;
    await Promise.all([one.kill(), other.kill()]);
    await one.start('kept');
    await other.start('kept');
    await leaderOf(servers);
    expect(await servers.unreachable()).toEqual([]);
  });

  it('of others are verified: members of one cluster, all of them, each once, without keys of ours', async () => {
    const stranger = await etcd(1);
    const { endpoints } = own.servers;
    const given = (nodes: typeof endpoints): Promise<unknown> =>
      etcd(nodes.length, { addresses: { etcd: nodes } }).then((theirs) => theirs.close());
    const [foreign] = stranger.servers.endpoints;
    await expect(given([endpoints[0], endpoints[0], endpoints[1]])).rejects.toThrow(/cannot vote twice/);
    await expect(given([endpoints[0], endpoints[1], foreign])).rejects.toThrow(/another cluster/);
    await expect(given([endpoints[0]])).rejects.toThrow(/cluster of 3 nodes, and 1 are named/);
    const nowhere = { host: '127.0.0.1', port: nextPort(), tls: false };
    await expect(given([nowhere])).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/refuses/),
    });
    await leave(own.servers);
    await expect(given(endpoints)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    await own.servers.removeKeys();
    await given(endpoints);
    expect(await own.servers.unreachable()).toEqual([]);
    await stranger.close();
  });

  it('need no more than one', async () => {
    const single = await etcd(1);
    expect(await leaderOf(single.servers)).toBe(0);
    const [control] = single.servers.controls;
    await control.kill();
    await control.start('empty');
    expect(await single.servers.keysLeft()).toEqual([]);
    await single.close();
  });
});
