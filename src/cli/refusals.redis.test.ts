/** Wrong input of every kind, and what the program tells of itself: words, exit codes, no stack trace. */
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bench, emptyRoom, removeRooms, type Ended } from './testing.js';

const short = ['--duration', '600ms', '--warmup', '100ms'];
const run = (...args: string[]): Promise<Ended> => bench(args).ended;

afterAll(removeRooms);

describe('bench refuses', { timeout: 30_000 }, () => {
  const syntaxError = join(emptyRoom(), 'broken.mjs');
  writeFileSync(syntaxError, 'export default {');

  it.each<[string[], number, string]>([
    [['--strategy', 'redlok'], 2, 'did you mean redlock'],
    [['--nodes', '0'], 2, '--nodes: got "0"'],
    [['--ttl', '-5'], 2, '--ttl: got "-5"'],
    [['--rate', '0'], 2, '--rate: got "0"'],
    [['--strategy', 'single@quorum=all'], 2, 'quorum'],
    [['--strategy', syntaxError], 2, 'SyntaxError'],
    [['--strategy', './nowhere.js'], 2, 'nowhere.js'],
    [['--redis', '127.0.0.1:1', '--strategy', 'single'], 3, '127.0.0.1:1'],
    [['--redis', 'redis://:secret@localhost', '--strategy', 'single'], 2, 'visible to every user'],
    [['--servers', 'process', '--redis', 'localhost:6379', '--strategy', 'single'], 2, '--servers'],
    [['--strategy', 'single', '--etcd', 'localhost:1'], 2, '--etcd: nothing here runs on it (single)'],
    [['--format', 'tabel'], 2, 'Did you mean table'],
    [['--scenario', 'nope'], 2, 'there is no scenario'],
    [['--plan', 'nowhere.json'], 2, 'the plan cannot be read'],
    [['--durration', '3s'], 2, 'Did you mean --duration'],
    [['--ttl'], 2, 'ttl'],
    [['--ttl', '1s', '--ttl', '2s'], 2, 'given 2 times'],
    [['redlock'], 2, 'there is no command "redlock"'],
    [['check'], 2, 'needs the folder of a run'],
    [['report', 'nowhere'], 2, 'holds no summary'],
    [['list', 'strategie'], 2, 'Did you mean strategies'],
    [['--out', '/proc/nowhere'], 3, 'cannot be written'],
  ])('%j', async (args, code, words) => {
    const ended = await run(...args);
    expect(ended.err).toContain(words);
    expect(ended.code).toBe(code);
    expect(ended.err).not.toMatch(/^\s+at /m);
    expect(ended.err).not.toContain('secret');
    expect(ended.out).toBe('');
  });

  it('a server that is no Redis', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('<html>no Redis</html>\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await run('--redis', `127.0.0.1:${port}`, '--strategy', 'single');
    server.close();
    expect(ended.err).toContain('is no Redis');
    expect(ended.code).toBe(3);
  });

  it('to start without any Redis, and says for each platform how to get one', async () => {
    const room = emptyRoom();
    const env = {
      PATH: '',
      HOME: room,
      XDG_CACHE_HOME: room,
      BENCH_REDIS_SERVER: '',
      DOCKER_HOST: 'unix:///nowhere.sock',
    };
    const ended = await bench(short, { room, env }).ended;
    expect(ended.code).toBe(3);
    for (const way of ['apt-get install', 'brew install', '--redis']) expect(ended.err).toContain(way);
  });
});

describe('bench tells', { timeout: 30_000 }, () => {
  it('every option with its default', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const words of ['--strategy', '[default: redlock]', '--nodes', '--retry', 'full-jitter:5ms-500ms'])
      expect(out).toContain(words);
  });

  it('every plug-in with its options', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    for (const words of ['redlock', 'quorum=majority|all|K', 'counter', 'mutual-exclusion', 'markdown', 'hot-key'])
      expect(out).toContain(words);
  });

  it('what the machine can do', async () => {
    const { code, out } = await run('doctor');
    expect(code).toBe(0);
    expect(out).toMatch(/ok +redis-server/);
  });
});
