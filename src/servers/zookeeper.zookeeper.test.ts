/** Private ensembles of ZooKeeper as servers of ours, and one of somebody else's. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import { ZkSession } from '../clients/zookeeper-session.js';
import type { ServerControl } from './control.js';
import { noZookeeper } from './no-zookeeper.js';
import { findZookeeper } from './zookeeper-jars.js';
import { runsZookeeper, skipped, zookeeper } from './zookeeper.testing.js';

const limitMs = 10_000;

/** A session whose servers are these, and what it is told. */
async function sessionOn(controls: readonly ServerControl[]): Promise<ZkSession> {
  const session = new ZkSession({
    endpoints: controls.map(({ endpoint }) => endpoint),
    first: 0,
    timeoutMs: 5_000,
    connectTimeoutMs: 1_000,
    meter: { commands: 0, roundTrips: 0 },
    failed: () => {},
  });
  await session.ready(limitMs);
  return session;
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  const untilMs = nowMs() + limitMs;
  while (!(await check())) {
    if (nowMs() > untilMs) throw new Error('it did not come true in time');
    await delay(20);
  }
}

describe.skipIf(!runsZookeeper)(`one ZooKeeper${skipped}`, () => {
  let own: Awaited<ReturnType<typeof zookeeper>>;
  beforeAll(async () => void (own = await zookeeper(1)));
  afterAll(() => own.close());

  it('tells what it is, what sessions it grants, and that nothing is synced', () => {
    const [facts] = own.servers.servers;
    expect(facts).toMatchObject({ name: 'node 1', mode: 'standalone', settings: { durability: 'not synced' } });
    expect(facts.version).toMatch(/^ZooKeeper \d+\.\d+/);
    expect(facts.settings).toMatchObject({ tickTime: '200', minSessionTimeout: '400', maxSessionTimeout: '60000' });
  });

  it('keeps nodes over a kill, loses them with its folder, and stays on its port', async () => {
    const [control] = own.servers.controls;
    const session = await sessionOn([control]);
    await session.create('/kept', 'persistent', limitMs);
    const { pid } = control;
    await control.kill();
    expect(await own.servers.unreachable()).toEqual(['node 1']);
    await control.start('kept');
    expect(control.pid).not.toBe(pid);
    expect(await control.call('CHILDREN', '/')).toContain('kept');
    await control.kill();
    await control.start('empty');
    expect(await control.call('CHILDREN', '/')).not.toContain('kept');
    expect(await own.servers.unreachable()).toEqual([]);
    session.abandon();
  });

  it('stands still and goes on', async () => {
    const [control] = own.servers.controls;
    await control.freeze();
    await expect(control.call('PING')).rejects.toThrow(/no answer/);
    await control.thaw();
    expect(await control.call('PING')).toBe('PONG');
  });

  it('shows what is left below the locks of a prefix, and removes locks and all, and nothing else', async () => {
    const session = await sessionOn(own.servers.controls);
    for (const path of ['/lockbench%3Atest%3Afree', '/lockbench%3Atest%3Aheld', '/others'])
      await session.create(path, 'persistent', limitMs);
    await session.create('/lockbench%3Atest%3Aheld/token-lock-', 'ephemeral-sequential', limitMs);
    expect(await own.servers.keysLeft()).toEqual(['lockbench:test:held/token-lock-0000000000']);
    await own.servers.removeKeys();
    expect(await own.servers.keysLeft()).toEqual([]);
    const left = await session.children('/', limitMs);
    expect(left.value).toContain('others');
    expect(left.value?.filter((name) => name.startsWith('lockbench'))).toEqual([]);
    session.abandon();
  });

  it('is as good when it is somebody else’s, but cannot be killed then', async () => {
    const addresses = { zookeeper: own.servers.endpoints };
    const given = await zookeeper(1, { addresses });
    expect(given.servers.servers[0].settings['durability']).toBe('unknown');
    await expect(given.servers.controls[0].kill()).rejects.toMatchObject({ code: 'BAD_PLAN' });
    await given.close();
    expect(await own.servers.controls[0].call('PING')).toBe('PONG');
    const thrice = { zookeeper: [...own.servers.endpoints, ...own.servers.endpoints, ...own.servers.endpoints] };
    await expect(zookeeper(3, { addresses: thrice })).rejects.toMatchObject({ code: 'WRONG_ROLE' });
    const session = await sessionOn(own.servers.controls);
    await session.create('/lockbench%3Atest%3Aheld', 'persistent', limitMs);
    await session.create('/lockbench%3Atest%3Aheld/token-lock-', 'ephemeral-sequential', limitMs);
    await expect(zookeeper(1, { addresses })).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    await session.close();
    const nowhere = { zookeeper: [{ host: '127.0.0.1', port: 1, tls: false }] };
    await expect(zookeeper(1, { addresses: nowhere })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^ZooKeeper at 127.0.0.1:1: .*ECONNREFUSED/),
    });
    await expect(zookeeper(3, { addresses })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(/--zookeeper names 1 servers, but 3 are needed/),
    });
  });

  it('leaves neither processes nor folders behind', async () => {
    const other = await zookeeper(1);
    const pid = other.servers.pids[0]!;
    expect(existsSync(`/proc/${pid}`)).toBe(process.platform === 'linux');
    await other.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});

describe.skipIf(!runsZookeeper)(`three ZooKeepers${skipped}`, () => {
  it(
    'have one leader, another when that is killed, and wait for no majority to start',
    { timeout: 90_000 },
    async () => {
      const { servers, close } = await zookeeper(3, { persistence: 'always' });
      try {
        expect(servers.servers.map(({ mode }) => mode).sort()).toEqual(['follower', 'follower', 'leader']);
        expect(servers.servers[0].settings['durability']).toBe('quorum fsync');
        const leader = (await servers.leader())!;
        await servers.controls[leader].kill();
        await eventually(async () => ![null, leader].includes(await servers.leader()));
        // With one of three alive none serves; the two others come back one after the other.
        const [next] = servers.controls.filter((_, i) => i !== leader);
        await next.kill();
        await next.start('kept');
        await servers.controls[leader].start('empty');
        await eventually(async () => (await servers.leader()) !== null);
        expect(await servers.unreachable()).toEqual([]);
      } finally {
        await close();
      }
    },
  );
});

describe('where ZooKeeper is looked for', () => {
  it('a folder without it is refused, and the ways to get it are told', () => {
    vi.stubEnv('BENCH_ZOOKEEPER', '/nowhere');
    expect(() => findZookeeper()).toThrow(/there is no zookeeper\.jar/);
    vi.unstubAllEnvs();
    expect(noZookeeper('nothing was found').hint).toMatch(/apt-get install .*zookeeper/);
  });
});
