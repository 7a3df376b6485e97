import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAdmin } from '../clients/admin.js';
import { findRedis } from './redis-binary.js';
import { startRedis, type RedisProcess, type StartOptions } from './redis-process.js';
import { makeRunFolder, removeRunFolder } from './run-folder.js';
import { serverUser } from './server-user.js';

const binary = findRedis()!;
const user = serverUser();
let dir = '';
const running: RedisProcess[] = [];

beforeAll(() => {
  dir = makeRunFolder();
});

afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
  removeRunFolder(dir);
});

async function start(options: Partial<StartOptions> & { readonly name: string }): Promise<RedisProcess> {
  const server = await startRedis({ binary, dir, persistence: 'none', ...options });
  running.push(server);
  return server;
}

async function ask(server: RedisProcess, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const admin = await openAdmin(server.endpoint, 1_000);
  try {
    return await admin.call(...words);
  } finally {
    admin.close();
  }
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(() => {}).listen(port, '127.0.0.1', () => resolve(server));
  });
}

describe('a private server', () => {
  test('is ready when its start resolves, listens on loopback only and is the child', async () => {
    const server = await start({ name: 'plain' });
    expect(await ask(server, 'PING')).toBe('PONG');
    expect(await ask(server, 'CONFIG', 'GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    expect(String(await ask(server, 'INFO', 'server'))).toContain(`process_id:${server.pid}\r\n`);
  });

  test('lives in a folder and a process session of its own', async () => {
    const server = await start({ name: 'master 7' });
    expect(statSync(join(dir, 'master-7')).mode & 0o777).toBe(0o700);
    expect(execFileSync('ps', ['-o', 'sid=', '-p', String(server.pid)], { encoding: 'utf8' }).trim()).toBe(
      String(server.pid),
    );
  });

  test('tells how it ended', async () => {
    const server = await start({ name: 'doomed' });
    server.kill('SIGKILL');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await server.stop();
  });

  test('is stopped even while it is paused', async () => {
    const server = await start({ name: 'paused' });
    server.kill('SIGSTOP');
    await server.stop();
    expect((await server.exited).signal).toBe('SIGKILL');
  });

  test('does not inherit our environment, where passwords may be', async () => {
    process.env['LOCKBENCH_REDIS_PASSWORD'] = 'for-another-server';
    const server = await start({ name: 'env' });
    delete process.env['LOCKBENCH_REDIS_PASSWORD'];
    const environment = execFileSync('ps', ['eww', '-o', 'command=', '-p', String(server.pid)], { encoding: 'utf8' });
    expect(environment).not.toContain('for-another-server');
  });

  test('keeps what it was given, by its mode of persistence', async () => {
    for (const [persistence, appendonly, fsync] of [
      ['none', 'no', 'everysec'],
      ['everysec', 'yes', 'everysec'],
      ['always', 'yes', 'always'],
    ] as const) {
      const server = await start({ name: `keeps ${persistence}`, persistence });
      expect(await ask(server, 'CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', appendonly]);
      expect(await ask(server, 'CONFIG', 'GET', 'appendfsync')).toEqual(['appendfsync', fsync]);
      expect(await ask(server, 'CONFIG', 'GET', 'save')).toEqual(['save', '']);
      await ask(server, 'SET', 'key', 'value');
      await server.stop();
      const again = await start({ name: `keeps ${persistence}`, persistence });
      expect(await ask(again, 'GET', 'key')).toBe(persistence === 'none' ? null : 'value');
    }
  });

  test('asks for the password it was given', async () => {
    const server = await start({ name: 'guarded', password: 'correct horse' });
    expect(await ask(server, 'PING')).toBe('PONG');
    await expect(openAdmin({ ...server.endpoint, password: 'wrong' }, 1_000)).rejects.toThrow(/refuses this user/);
  });
});

describe('a port held by a stranger', () => {
  test('is left to a redis-server of somebody else', async () => {
    const stranger = await start({ name: 'stranger' });
    const ports = [stranger.endpoint.port, stranger.endpoint.port + 1_000];
    const server = await start({ name: 'second', nextPort: () => ports.shift()! });
    expect(server.endpoint.port).toBe(stranger.endpoint.port + 1_000);
    expect(await ask(stranger, 'PING')).toBe('PONG');
  });

  test('is left to a program that never answers', async () => {
    const stranger = await listenOn(31_999);
    const ports = [31_999, 31_998];
    const server = await start({ name: 'third', nextPort: () => ports.shift()! });
    expect(server.endpoint.port).toBe(31_998);
    stranger.close();
  });

  test('is given up after as many attempts as there may be', async () => {
    const stranger = await start({ name: 'stubborn' });
    const failing = start({ name: 'unlucky', nextPort: () => stranger.endpoint.port });
    await expect(failing).rejects.toMatchObject({ code: 'SERVER_FAILED' });
    await expect(failing).rejects.toThrow(/none of 20 ports/);
  });
});

describe('a server that does not start', () => {
  test('is told with the last lines of its log', async () => {
    await expect(start({ name: 'typo', extraArgs: ['--no-such-option', '1'] })).rejects.toThrow(/Bad directive/);
  });

  test('is told with the reason when there is no such program', async () => {
    const missing = { ...binary, path: join(dir, 'no-such-program') };
    await expect(start({ name: 'missing', binary: missing })).rejects.toThrow(/cannot be started.*ENOENT/s);
  });
});

describe.skipIf(user === null)('as root (skipped for an ordinary user)', () => {
  test('servers run as an ordinary user', async () => {
    const server = await start({ name: 'demoted' });
    expect(statSync(`/proc/${server.pid}`).uid).toBe(user?.uid);
    expect(statSync(`/proc/${server.pid}`).gid).toBe(user?.gid);
  });

  test('a program in a folder closed to that user is copied where it can be run', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'closed-'));
    chmodSync(closed, 0o700);
    const path = join(closed, 'redis-server');
    cpSync(binary.path, path, { dereference: true });
    const server = await start({ name: 'copied', binary: { ...binary, path } });
    expect(await ask(server, 'PING')).toBe('PONG');
    expect(readdirSync(join(dir, 'bin'))).toContain('redis-server');
    removeRunFolder(closed);
  });
});

test('a foreign process in the same folder is none of the business of stop', async () => {
  const server = await start({ name: 'shared folder' });
  const foreign = spawn('sleep', ['30'], { cwd: join(dir, 'shared-folder') });
  await server.stop();
  expect(foreign.exitCode).toBe(null);
  foreign.kill();
});
