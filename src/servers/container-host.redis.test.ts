import { afterAll, describe, expect, test } from 'vitest';
import { openAdmin } from '../clients/admin.js';
import { dockerEngine } from './docker-engine.js';
import { openServers, type Provisioned, type ServerHost } from './provision.js';

const prefix = 'lockbench:container:';
const image = process.env['LOCKBENCH_TEST_IMAGE'] ?? 'redis:8-alpine';
const startLimitMs = 180_000;

const engine = await dockerEngine();
const hosts: ServerHost[] = [];

async function openHost(persistence: 'none' | 'always' = 'none'): Promise<ServerHost> {
  const host = await openServers({ kind: 'container', image, persistence, external: [], keyPrefix: prefix });
  hosts.push(host);
  return host;
}

async function on(servers: Provisioned, index: number, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const admin = await openAdmin(servers.endpoints[index]!, 2_000);
  try {
    return await admin.call(...words);
  } finally {
    admin.close();
  }
}

afterAll(() => Promise.all(hosts.map((host) => host.close())));

describe.skipIf(!engine.available)(`servers in containers (skipped without an engine: ${engine.reason})`, () => {
  test('come as a quorum of independent masters that keep to themselves', { timeout: startLimitMs }, async () => {
    const servers = await (await openHost()).provision({ kind: 'quorum', nodes: 3, replicas: 0 });
    expect(servers.servers.map((server) => server.name)).toEqual(['master 1', 'master 2', 'master 3']);
    expect(servers.servers[0]?.settings).toMatchObject({ save: '', appendonly: 'no' });
    expect(servers.pids).toEqual([null, null, null]);
    await on(servers, 1, 'SET', `${prefix}a`, '1');
    expect(await on(servers, 0, 'GET', `${prefix}a`)).toBe(null);
    expect(await servers.keysLeft()).toEqual([`${prefix}a`]);
    expect((await servers.cpuMs()).every((ms) => ms > 0)).toBe(true);
    await servers.stop();
  });

  test('replicate: when provision resolves, the primary counts every replica', { timeout: startLimitMs }, async () => {
    const servers = await (await openHost('always')).provision({ kind: 'replicated', nodes: 1, replicas: 2 });
    expect(servers.servers[0]?.settings).toMatchObject({ appendonly: 'yes', appendfsync: 'always' });
    await on(servers, 0, 'SET', 'key', 'value');
    expect(await on(servers, 0, 'WAIT', '2', '2000')).toBe(2);
    expect(await on(servers, 2, 'GET', 'key')).toBe('value');
    await servers.stop();
  });

  test('ask for a password, for their ports are open to the network', { timeout: startLimitMs }, async () => {
    const servers = await (await openHost()).provision({ kind: 'single', nodes: 1, replicas: 0 });
    const { host, port } = servers.endpoints[0]!;
    await expect(openAdmin({ host, port, tls: false }, 2_000)).rejects.toThrow(/asks for a password/);
    await servers.stop();
  });

  test('are refused with the reason when there is no such image', { timeout: startLimitMs }, async () => {
    const settings = { kind: 'container', image: 'lockbench.invalid/none:1', persistence: 'none' } as const;
    const host = await openServers({ ...settings, external: [], keyPrefix: prefix });
    const starting = host.provision({ kind: 'single', nodes: 1, replicas: 0 });
    await expect(starting).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      message: expect.stringMatching(/lockbench.invalid/),
    });
    await host.close();
  });
});

test.skipIf(engine.available)('without an engine, containers are refused with a line to type', async () => {
  await expect(openHost()).rejects.toMatchObject({ code: 'NO_REDIS', hint: expect.stringMatching(/apt-get install/) });
});
