import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAdmin } from '../clients/admin.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Topology } from '../contract/index.js';
import { parseEndpoints } from './external-url.js';
import { openServers, type Provisioned } from './provision.js';
import { readRedisAuth } from './redis-auth.js';
import { findRedis } from './redis-binary.js';
import { startRedis, type RedisProcess } from './redis-process.js';
import { makeRunFolder, removeRunFolder } from './run-folder.js';

const prefix = 'lockbench:external:';
const single: Topology = { kind: 'single', nodes: 1, replicas: 0 };
const quorum: Topology = { kind: 'quorum', nodes: 3, replicas: 0 };
const replicated: Topology = { kind: 'replicated', nodes: 1, replicas: 1 };

const dir = makeRunFolder();
let masters: readonly RedisProcess[] = [];
let replica: RedisProcess;

const start = (name: string, more: { extraArgs?: readonly string[]; password?: string } = {}): Promise<RedisProcess> =>
  startRedis({ binary: findRedis()!, dir, name, persistence: 'none', ...more });

beforeAll(async () => {
  masters = await Promise.all([start('a'), start('b'), start('c')]);
  const { host, port } = masters[0]!.endpoint;
  replica = await start('a replica', { extraArgs: ['--replicaof', host, String(port)] });
  await use(replicated, [masters[0]!.endpoint, replica.endpoint]).catch(() => {});
  await linked(replica.endpoint);
});

afterAll(async () => {
  await Promise.all([...masters, replica].map((server) => server.stop()));
  removeRunFolder(dir);
});

async function linked(endpoint: NodeEndpoint): Promise<void> {
  while ((await on(endpoint, 'ROLE'))?.toString().includes(',connected,') !== true) await on(endpoint, 'PING');
}

async function on(endpoint: NodeEndpoint, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const admin = await openAdmin(endpoint, 1_000);
  try {
    return await admin.call(...words);
  } finally {
    admin.close();
  }
}

async function use(topology: Topology, external: readonly NodeEndpoint[]): Promise<Provisioned> {
  const host = await openServers({ kind: 'auto', image: '', persistence: 'none', external, keyPrefix: prefix });
  expect(host.kind).toBe('external');
  return host.provision(topology);
}

const endpoints = (): readonly NodeEndpoint[] => masters.map((server) => server.endpoint);

describe('external servers', () => {
  test('serve as a quorum in the order given', async () => {
    const servers = await use(quorum, endpoints());
    expect(servers.endpoints).toEqual(endpoints());
    expect(servers.servers.map((server) => server.name)).toEqual(['master 1', 'master 2', 'master 3']);
    expect(servers.pids).toEqual([null, null, null]);
    await servers.stop();
  });

  test('serve as a primary and its replica', async () => {
    const servers = await use(replicated, [masters[0]!.endpoint, replica.endpoint]);
    expect(servers.servers.map((server) => server.name)).toEqual(['primary', 'replica 1']);
    await servers.stop();
  });

  test('keep what is not ours when we leave', async () => {
    const servers = await use(single, endpoints());
    await on(masters[0]!.endpoint, 'MSET', `${prefix}a`, '1', 'theirs', '1');
    await servers.stop();
    expect(await on(masters[0]!.endpoint, 'KEYS', '*')).toEqual(['theirs']);
    await on(masters[0]!.endpoint, 'DEL', 'theirs');
  });

  test('tell of a connection that is lost', async () => {
    const doomed = await start('doomed');
    const servers = await use(single, [doomed.endpoint]);
    const lost = new Promise((resolve) => servers.onIncident(resolve));
    await doomed.stop();
    expect(await lost).toBe('primary: connection lost');
    expect(await servers.keysLeft()).toEqual([]);
    await servers.stop();
  });
});

describe('external servers are refused', () => {
  test('when there are too few', async () => {
    const using = use(quorum, endpoints().slice(0, 2));
    await expect(using).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(/2 servers, but 3/),
    });
  });

  test('when a master is a replica', async () => {
    const using = use(quorum, [...endpoints().slice(0, 2), replica.endpoint]);
    await expect(using).rejects.toMatchObject({
      code: 'WRONG_ROLE',
      message: expect.stringMatching(/^master 3 \(redis:.* has to be a master, but ROLE answers \["slave"/),
    });
  });

  test('when a replica is a master', async () => {
    const using = use(replicated, endpoints());
    await expect(using).rejects.toMatchObject({ code: 'WRONG_ROLE', message: expect.stringMatching(/^replica 1 /) });
  });

  test('when the replica follows somebody else', async () => {
    const using = use(replicated, [masters[1]!.endpoint, replica.endpoint]);
    await expect(using).rejects.toMatchObject({
      code: 'WRONG_ROLE',
      message: expect.stringMatching(/not a replica of/),
    });
  });

  test('when one server is named twice, by whatever name', async () => {
    const [a, b] = endpoints();
    const using = use(quorum, [a!, b!, { ...a!, host: 'localhost' }]);
    await expect(using).rejects.toMatchObject({
      code: 'WRONG_ROLE',
      message: expect.stringMatching(/^master 3 .* is the same server as master 1 /),
    });
  });

  test('when they hold keys with our prefix, which stay', async () => {
    const [, , third] = endpoints();
    await on(third!, 'SET', `${prefix}old`, '1');
    const using = use(quorum, endpoints());
    await expect(using).rejects.toMatchObject({
      code: 'NOT_EMPTY',
      message: expect.stringMatching(/^master 3 .*:old/),
    });
    expect(await on(third!, 'DEL', `${prefix}old`)).toBe(1);
  });

  test('when nobody listens', async () => {
    const using = use(single, [{ host: '127.0.0.1', port: 1, tls: false }]);
    await expect(using).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^redis:\/\/127.0.0.1:1 refuses the connection/),
      hint: expect.stringMatching(/host and port/),
    });
  });

  test('when there is no such host', async () => {
    const using = use(single, [{ host: 'no-such-host.invalid', port: 6379, tls: false }]);
    await expect(using).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringMatching(/no such host/) });
  });

  test('when they accept and then say nothing', async () => {
    masters[1]!.kill('SIGSTOP');
    const using = use(quorum, endpoints());
    await expect(using).rejects.toMatchObject({ message: expect.stringMatching(/does not answer .* within \d+ ms/) });
    masters[1]!.kill('SIGCONT');
  });

  test('when they are no Redis', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    await expect(use(single, [{ host: '127.0.0.1', port, tls: false }])).rejects.toMatchObject({ code: 'UNREACHABLE' });
    other.close();
  });

  test('when TLS is asked of a server without', async () => {
    const using = use(single, [{ ...masters[0]!.endpoint, tls: true }]);
    await expect(using).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringMatching(/^rediss:/) });
  });
});

describe('a server with a password', () => {
  const secret = 'pass,word=1';

  test('is used with the one from the environment', async () => {
    const server = await start('locked', { password: secret });
    const { auth } = readRedisAuth(null, { LOCKBENCH_REDIS_PASSWORD: secret });
    const parsed = parseEndpoints(`${server.endpoint.host}:${server.endpoint.port}`, auth);
    if ('problems' in parsed) throw new Error(parsed.problems.join());
    const servers = await use(single, parsed.endpoints);
    expect(JSON.stringify(servers.servers)).not.toContain(secret);
    await servers.stop();
    await server.stop();
  });

  test('is refused without, and with a wrong one, which is never repeated', async () => {
    const server = await start('locked again', { password: secret });
    const { host, port } = server.endpoint;
    await expect(use(single, [{ host, port, tls: false }])).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/asks for a password/),
      hint: expect.stringMatching(/LOCKBENCH_REDIS_PASSWORD/),
    });
    const wrong = use(single, [{ host, port, tls: false, username: 'someone', password: 'guess-4711' }]);
    await expect(wrong).rejects.toThrow(/refuses this user name or password/);
    await expect(wrong).rejects.not.toThrow(/guess-4711/);
    await server.stop();
  });

  test('is refused when it has none after all', async () => {
    const using = use(single, [{ ...masters[0]!.endpoint, password: secret }]);
    await expect(using).rejects.toMatchObject({
      message: expect.stringMatching(/has no password set, yet one was given/),
    });
  });
});
