import { afterAll, describe, expect, test } from 'vitest';
import { openAdmin } from '../clients/admin.js';
import { delay, nowMs } from '../base/clock.js';
import { openServers, type Provisioned, type ServerHost } from './provision.js';

const prefix = 'lockbench:test[1]*:';
const hosts: ServerHost[] = [];

async function openHost(): Promise<ServerHost> {
  const host = await openServers({ kind: 'auto', image: '', persistence: 'none', external: [], keyPrefix: prefix });
  hosts.push(host);
  return host;
}

afterAll(() => Promise.all(hosts.map((host) => host.close())));

async function on(servers: Provisioned, index: number, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const admin = await openAdmin(servers.endpoints[index]!, 1_000);
  try {
    return await admin.call(...words);
  } finally {
    admin.close();
  }
}

describe('private servers', () => {
  test('are found without being told, and nothing is started for a design without servers', async () => {
    const host = await openHost();
    expect(host.kind).toBe('process');
    const servers = await host.provision({ kind: 'none', nodes: 0, replicas: 0 });
    expect(servers.endpoints).toEqual([]);
    expect(await servers.keysLeft()).toEqual([]);
    await servers.stop();
  });

  test('come as one primary, or as so many masters, in the order of their roles', async () => {
    const host = await openHost();
    const single = await host.provision({ kind: 'single', nodes: 1, replicas: 0 });
    expect(single.servers.map((server) => server.name)).toEqual(['primary']);
    const quorum = await host.provision({ kind: 'quorum', nodes: 4, replicas: 0 });
    expect(quorum.servers.map((server) => server.name)).toEqual(['master 1', 'master 2', 'master 3', 'master 4']);
    expect(new Set([...quorum.pids, ...single.pids]).size).toBe(5);
    const settings = { save: '', appendonly: 'no', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction' };
    expect(quorum.servers[3]).toMatchObject({
      version: expect.stringMatching(/\d+\.\d+/),
      mode: 'standalone',
      settings,
    });
    await quorum.stop();
    await single.stop();
  });

  test('replicate: when provision resolves, the primary counts every replica', async () => {
    const host = await openHost();
    const servers = await host.provision({ kind: 'replicated', nodes: 1, replicas: 2 });
    expect(servers.servers.map((server) => server.name)).toEqual(['primary', 'replica 1', 'replica 2']);
    expect(await on(servers, 0, 'WAIT', '2', '1000')).toBe(2);
    await on(servers, 0, 'SET', 'key', 'value');
    expect(await on(servers, 0, 'WAIT', '2', '1000')).toBe(2);
    expect(await on(servers, 2, 'GET', 'key')).toBe('value');
    await servers.stop();
  });

  test('tell of our keys on all masters, each once, and remove no others', async () => {
    const host = await openHost();
    const servers = await host.provision({ kind: 'quorum', nodes: 3, replicas: 0 });
    await on(servers, 0, 'SET', `${prefix}a`, '1');
    await on(servers, 2, 'MSET', `${prefix}a`, '1', `${prefix}b`, '1', 'lockbench:test1:c', '1', 'other', '1');
    expect([...(await servers.keysLeft())].sort()).toEqual([`${prefix}a`, `${prefix}b`]);
    await servers.removeKeys();
    expect(await servers.keysLeft()).toEqual([]);
    expect(await on(servers, 2, 'DBSIZE')).toBe(2);
    await servers.stop();
  });

  test('tell of a server that was killed, and go on answering for the others', async () => {
    const host = await openHost();
    const servers = await host.provision({ kind: 'quorum', nodes: 3, replicas: 0 });
    const heard: string[] = [];
    const stopListening = servers.onIncident((text) => heard.push(text));
    await on(servers, 0, 'SET', `${prefix}a`, '1');
    process.kill(servers.pids[1]!, 'SIGKILL');
    const limit = nowMs() + 2_000;
    while (heard.length === 0 && nowMs() < limit) await delay(5);
    expect(heard).toEqual(['master 2 exited (SIGKILL)']);
    const cpuMs = await servers.cpuMs();
    expect(cpuMs[0]).toBeGreaterThan(0);
    expect(cpuMs[1]).toBeNaN();
    expect(cpuMs[2]).toBeGreaterThan(0);
    expect(await servers.keysLeft()).toEqual([`${prefix}a`]);
    await servers.stop();
    await servers.stop();
    expect(heard).toHaveLength(1);
    stopListening();
  });

  test('answer for the others while one is stopped', async () => {
    const host = await openHost();
    const servers = await host.provision({ kind: 'quorum', nodes: 2, replicas: 0 });
    process.kill(servers.pids[0]!, 'SIGSTOP');
    const [stopped, well] = await servers.cpuMs();
    expect(stopped).toBeNaN();
    expect(well).toBeGreaterThan(0);
    await servers.stop();
  });

  test('are gone when the host is closed, those still starting included', async () => {
    const host = await openHost();
    const up = await host.provision({ kind: 'single', nodes: 1, replicas: 0 });
    const starting = host.provision({ kind: 'quorum', nodes: 3, replicas: 0 }).then(
      () => 'started',
      () => 'not started',
    );
    await host.close();
    await host.close();
    expect(await starting).toBe('not started');
    expect(() => process.kill(up.pids[0]!, 0)).toThrow(/ESRCH/);
  });
});

test('an empty prefix is refused, for it would mean every key', async () => {
  const opening = openServers({ kind: 'process', image: '', persistence: 'none', external: [], keyPrefix: '' });
  await expect(opening).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
