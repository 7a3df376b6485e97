import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { script } from '../kit/scripts.js';
import { clientOptions, openNodes } from './open.js';
import { clients, patientMs, settings, startServer, tell } from './testing.js';
import type { TestServer } from './testing.js';

const password = 'very-secret-indeed';

describe.each(clients)('openNodes with %s', (client) => {
  let server: TestServer | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });

  const failureOf = async (work: Promise<unknown>): Promise<Record<string, unknown>> => {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'LockbenchError' });
    return error as Record<string, unknown>;
  };

  test('logs in with a password, and with a user', async () => {
    server = await startServer(password);
    const set = await openNodes(client, [server.endpoint], settings);
    const { shared } = set.nodes[0]!;
    expect(await tell(shared, 'PING')).toBe('PONG');
    await tell(shared, 'ACL', 'SETUSER', 'locker', 'on', `>${password}2`, 'allkeys', 'allcommands');
    await set.close();
    const user = { ...server.endpoint, username: 'locker', password: `${password}2` };
    const asUser = await openNodes(client, [user], settings);
    expect(await tell(asUser.nodes[0]!.shared, 'ACL', 'WHOAMI')).toBe('locker');
    await asUser.close();
  });

  test.each([
    ['a wrong password', { password: `${password}!` }],
    ['a wrong user', { username: 'nobody', password }],
    ['none', { password: undefined }],
  ])('tells of %s at once, without the secret', async (_, login) => {
    server = await startServer(password);
    const { host, port, tls } = server.endpoint;
    const given = login.password === undefined ? {} : login;
    const error = await failureOf(openNodes(client, [{ host, port, tls, ...given }], settings));
    expect(error['code']).toBe('UNREACHABLE');
    expect(`${String(error['message'])} ${String(error['stack'])}`).not.toContain(password);
    expect(error['message']).toContain(`${host}:${port}`);
  });

  test('tells of a password that the server does not ask for', async () => {
    server = await startServer();
    const error = await failureOf(openNodes(client, [{ ...server.endpoint, password }], settings));
    expect(error['code']).toBe('UNREACHABLE');
    expect(error['message']).not.toContain(password);
  });

  test('tells of a script that the server does not take, and of one with the wrong hash', async () => {
    server = await startServer();
    const scripts = [script('broken', 'this is not lua', () => null)];
    const broken = await failureOf(openNodes(client, [server.endpoint], { ...settings, scripts }));
    expect(broken['code']).toBe('BAD_PLUGIN');
    expect(broken['message']).toContain("'broken'");
    const wrong = [{ ...script('hash', 'return 1', () => 1), sha: '0'.repeat(40) }];
    const hash = await failureOf(openNodes(client, [server.endpoint], { ...settings, scripts: wrong }));
    expect(hash['code']).toBe('BAD_PLUGIN');
  });

  test('opens no nodes at all when there are none', async () => {
    const set = await openNodes(client, [], settings);
    expect(set.nodes).toEqual([]);
    await set.close();
  });

  test('says which options the library runs with, and no secret or address', () => {
    const options = clientOptions(client);
    expect(options['version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(JSON.parse(JSON.stringify(options))).toEqual(options);
    expect(JSON.stringify(options)).not.toMatch(/password|host/i);
  });

  test('leaves nothing that keeps the process alive after close, and prints nothing', async () => {
    server = await startServer();
    const down = { ...server.endpoint, port: 1 };
    const program = `
      import { openNodes } from ${JSON.stringify(new URL('./open.js', import.meta.url).href)};
      const set = await openNodes(${JSON.stringify(client)}, ${JSON.stringify([server.endpoint, down])},
        { connectTimeoutMs: 60_000, scripts: [], readyWaitMs: 100 });
      const [node] = set.nodes;
      node.shared.send({ name: 'PING', args: [] }, 60_000, 0, () => {});
      await node.borrow({ cancelled: false, onCancel: () => () => {} });
      node.borrow({ cancelled: false, onCancel: () => () => {} }).catch(() => {});
      node.subscribe('channel', () => {}, () => {});
      process.kill(process.argv[1], 'SIGSTOP');
      node.shared.send({ name: 'PING', args: [] }, 60_000, 0, () => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      await set.close();
      process.kill(process.argv[1], 'SIGCONT');
    `;
    const args = ['--input-type=module', '-e', program, String(server.pid)];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: patientMs });
    expect([stdout, stderr]).toEqual(['', '']);
  });
});
