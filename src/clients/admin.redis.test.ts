import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nowMs } from '../base/clock.js';
import { findRedis } from '../servers/redis-binary.js';
import { startRedis, type RedisProcess } from '../servers/redis-process.js';
import { makeRunFolder, removeRunFolder } from '../servers/run-folder.js';
import { addressText, openAdmin } from './admin.js';

const limitMs = 300;
const dir = makeRunFolder();
let server: RedisProcess;

beforeAll(async () => {
  server = await startRedis({ binary: findRedis()!, dir, name: 'server', persistence: 'none' });
});

afterAll(async () => {
  await server.stop();
  removeRunFolder(dir);
});

describe('an admin connection', () => {
  test('answers in plain values', async () => {
    const admin = await openAdmin(server.endpoint, limitMs);
    expect(await admin.call('SET', 'key', 5)).toBe('OK');
    expect(await admin.call('STRLEN', 'key')).toBe(1);
    expect(await admin.call('GET', 'none')).toBe(null);
    expect(await admin.call('MGET', 'key', 'none')).toEqual(['5', null]);
    admin.close();
  });

  test('hands on what the server objects to', async () => {
    const admin = await openAdmin(server.endpoint, limitMs);
    await expect(admin.call('NO-SUCH-COMMAND')).rejects.toThrow(/unknown command/);
    admin.close();
  });

  test('times out on a stopped server instead of hanging, whether open before or not', async () => {
    const admin = await openAdmin(server.endpoint, limitMs);
    server.kill('SIGSTOP');
    const begin = nowMs();
    await expect(admin.call('PING')).rejects.toThrow(/timed out/);
    await expect(openAdmin(server.endpoint, limitMs)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/does not answer .* within 300 ms/),
    });
    expect(nowMs() - begin).toBeLessThan(3 * limitMs);
    server.kill('SIGCONT');
    admin.close();
  });

  test('tells when it is lost, but not when it is closed', async () => {
    const doomed = await startRedis({ binary: findRedis()!, dir, name: 'doomed', persistence: 'none' });
    const heard: string[] = [];
    const closed = await openAdmin(doomed.endpoint, limitMs);
    closed.onLost(() => heard.push('closed'));
    closed.close();
    const kept = await openAdmin(doomed.endpoint, limitMs);
    const lost = new Promise<void>((resolve) => kept.onLost(resolve));
    await doomed.stop();
    await lost;
    await expect(kept.call('PING')).rejects.toThrow();
    expect(heard).toEqual([]);
  });
});

test('an address is written as one types it', () => {
  expect(addressText({ host: '::1', port: 7001, tls: true })).toBe('rediss://[::1]:7001');
  expect(addressText({ host: 'a', port: 1, tls: false })).toBe('redis://a:1');
});

const openssl = 'openssl';
const hasOpenssl = spawnSync(openssl, ['version']).status === 0;

describe.skipIf(!hasOpenssl)('TLS (skipped where there is no openssl to make a certificate with)', () => {
  const [key, certificate] = [join(dir, 'tls.key'), join(dir, 'tls.crt')];
  let secure: RedisProcess;

  beforeAll(async () => {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', certificate];
    execFileSync(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject], {
      stdio: 'ignore',
    });
    for (const file of [key, certificate]) chmodSync(file, 0o644);
    const tlsArgs = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const extraArgs = [...tlsArgs, '--tls-port', '31997'];
    secure = await startRedis({ binary: findRedis()!, dir, name: 'secure', persistence: 'none', extraArgs });
  });

  afterAll(() => secure.stop());

  test('is refused while the certificate is not trusted, with the way to trust it', async () => {
    await expect(openAdmin({ host: '127.0.0.1', port: 31_997, tls: true }, 2_000)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/not trusted/),
      hint: expect.stringMatching(/NODE_EXTRA_CA_CERTS/),
    });
  });

  test('works once it is', () => {
    const program = `
      const { openAdmin } = await import(${JSON.stringify(new URL('./admin.js', import.meta.url).href)});
      const admin = await openAdmin({ host: 'localhost', port: 31997, tls: true }, 2000);
      console.log(await admin.call('PING'));
      admin.close();`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
    const args = ['--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { env, encoding: 'utf8' }).trim()).toBe('PONG');
  });

  test('is suggested where a server hangs up on plain text', async () => {
    const opening = openAdmin({ host: '127.0.0.1', port: 31_997, tls: false }, 2_000);
    await expect(opening).rejects.toMatchObject({ hint: expect.stringMatching(/rediss:/) });
  });
});
