import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import type { Persistence, Topology } from '../contract/index.js';
import { startTimeOf } from './process-identity.js';
import { openServers, type Provisioned, type ServerHost } from './provision.js';

const prefix = 'lockbench:control:';
const hosts: ServerHost[] = [];
const single: Topology = { kind: 'single', nodes: 1, replicas: 0 };

async function provision(persistence: Persistence, topology = single): Promise<Provisioned> {
  const host = await openServers({ kind: 'process', image: '', persistence, external: [], keyPrefix: prefix });
  hosts.push(host);
  return host.provision(topology);
}

afterAll(() => Promise.all(hosts.map((host) => host.close())));

describe('a server of ours', () => {
  test('answers nothing while it is frozen, and everything after it is thawed', async () => {
    const servers = await provision('none');
    const [server] = servers.controls;
    await server!.thaw();
    await server!.freeze();
    if (existsSync('/proc/self/stat')) expect(readFileSync(`/proc/${server!.pid}/stat`, 'utf8')).toMatch(/\) T /);
    let answered = false;
    const answer = server!.call('PING').then((reply) => {
      answered = true;
      return reply;
    });
    await delay(100);
    expect(answered).toBe(false);
    await server!.thaw();
    expect(await answer).toBe('PONG');
    await servers.stop();
  });

  test('comes back on its port with its data or without, and calls find it again', async () => {
    const servers = await provision('always');
    const [server] = servers.controls;
    const [before] = servers.pids;
    await server!.call('SET', 'key', 'value');
    await server!.kill();
    expect(startTimeOf(before!)).toBe(null);
    await expect(server!.call('PING')).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await server!.start('kept')).toEqual({ lostBytes: 0 });
    expect(await server!.call('GET', 'key')).toBe('value');
    expect(servers.pids[0]).not.toBe(before);
    expect(String(await server!.call('INFO', 'server'))).toContain(`process_id:${servers.pids[0]}\r\n`);
    await server!.kill();
    await server!.start('empty');
    expect(await server!.call('GET', 'key')).toBe(null);
    expect(await server!.call('CONFIG', 'GET', 'port')).toEqual(['port', String(servers.endpoints[0]!.port)]);
    await servers.stop();
  });

  test('comes back in its role; a replica that was promoted as a replica again', async () => {
    const servers = await provision('none', { kind: 'replicated', nodes: 1, replicas: 1 });
    const [primary, replica] = servers.controls;
    await primary!.call('SET', 'key', 'value');
    expect(await primary!.call('WAIT', 1, 2_000)).toBe(1);
    await primary!.kill();
    await replica!.call('REPLICAOF', 'NO', 'ONE');
    expect(await replica!.call('GET', 'key')).toBe('value');
    await primary!.start('empty');
    await replica!.kill();
    await replica!.start('empty');
    const roles = [await primary!.call('ROLE'), await replica!.call('ROLE')] as readonly (readonly unknown[])[];
    expect(roles.map((role) => role[0])).toEqual(['master', 'slave']);
    expect(roles[1]!.slice(1, 3)).toEqual(['127.0.0.1', primary!.endpoint.port]);
    await servers.stop();
  });

  test('is told as lost when it was lost unasked, and not when it was killed from here', async () => {
    const servers = await provision('none', { kind: 'quorum', nodes: 2, replicas: 0 });
    const heard: string[] = [];
    servers.onIncident((text) => heard.push(text));
    const [asked, unasked] = servers.controls;
    await asked!.kill();
    await asked!.start('kept');
    process.kill(unasked!.pid!, 'SIGKILL');
    const limit = nowMs() + 2_000;
    while (heard.length === 0 && nowMs() < limit) await delay(5);
    expect(heard).toEqual(['master 2 exited (SIGKILL)']);
    process.kill(asked!.pid!, 'SIGKILL');
    while (heard.length === 1 && nowMs() < limit) await delay(5);
    expect(heard).toEqual(['master 2 exited (SIGKILL)', 'master 1 exited (SIGKILL)']);
    await servers.stop();
  });

  test('is gone after stop, also when it is frozen, killed or just starting', async () => {
    const servers = await provision('none', { kind: 'quorum', nodes: 3, replicas: 0 });
    const [frozen, killed, starting] = servers.controls;
    await frozen!.freeze();
    await killed!.kill();
    await starting!.kill();
    const start = starting!.start('kept').catch(() => {});
    await servers.stop();
    await start;
    expect(servers.pids.map((pid) => startTimeOf(pid!))).toEqual([null, null, null]);
  });

  test('refuses what makes no sense in its state', async () => {
    const servers = await provision('none');
    const [server] = servers.controls;
    await expect(server!.start('kept')).rejects.toThrow(/has to be killed/);
    expect(() => server!.setClock({ stepMs: 1, rate: 1 })).toThrow(/without the clock shim/);
    await server!.kill();
    await server!.kill();
    await server!.thaw();
    await expect(server!.freeze()).rejects.toThrow(/is not running/);
    await expect(server!.start('synced')).rejects.toThrow(/without the fsync shim/);
    await server!.start('kept');
    await servers.stop();
  });
});

test('a server of somebody else can be called and asked for its time, no more', async () => {
  const own = await provision('none');
  const settings = { kind: 'external', image: '', persistence: 'none', keyPrefix: prefix } as const;
  const host = await openServers({ ...settings, external: own.endpoints });
  hosts.push(host);
  const { controls, pids } = await host.provision(single);
  const [server] = controls;
  expect(pids).toEqual([null]);
  expect(await server!.call('PING')).toBe('PONG');
  expect(Math.abs(await server!.clockAheadMs())).toBeLessThan(1_000);
  for (const refused of [server!.freeze(), server!.thaw(), server!.kill(), server!.start('kept')])
    await expect(refused).rejects.toMatchObject({ code: 'BAD_PLAN' });
  expect(() => server!.setClock({ stepMs: 0, rate: 1 })).toThrow(/no process of ours/);
});
