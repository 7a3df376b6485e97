import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSilentServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { nowMs } from '../base/clock.js';
import { dockerEngine } from './docker-engine.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
});

afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

function listen(path: string, status: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/_ping' ? status : 404).end(),
    );
    server.listen(path, () => resolve(server));
  });
}

describe('a Docker engine', () => {
  test('is there when the socket that DOCKER_HOST names answers the ping', async () => {
    const path = join(folder, 'good.sock');
    const server = await listen(path, 200);
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    expect(await dockerEngine()).toEqual({ available: true, reason: `answers at ${path}` });
    server.close();
  });

  test('is not there when the answer is an error', async () => {
    const path = join(folder, 'bad.sock');
    const server = await listen(path, 500);
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    expect(await dockerEngine()).toEqual({ available: false, reason: `${path} answers with status 500` });
    server.close();
  });

  test('is not there, and said so within a second, when nothing answers', async () => {
    const path = join(folder, 'silent.sock');
    const server = createSilentServer(() => {}).listen(path);
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    const begin = nowMs();
    const { available, reason } = await dockerEngine();
    expect([available, reason]).toEqual([false, expect.stringMatching(/no answer within 800 ms/)]);
    expect(nowMs() - begin).toBeLessThan(1_000);
    server.close();
  });

  test('is not there when nobody listens, or the address is none', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
    expect((await dockerEngine()).reason).toMatch(/no Docker engine at tcp.*ECONNREFUSED/);
    vi.stubEnv('DOCKER_HOST', 'nonsense');
    expect((await dockerEngine()).reason).toMatch(/neither unix:\/\/ nor tcp/);
  });
});
