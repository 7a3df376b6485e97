/** `bench conform` as a program: exit codes, documents, and nothing left behind when it is stopped. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delay } from '../base/clock.js';
import type { ConformDocument } from '../conform/results.js';
import { bench, emptyRoom, processesIn } from './testing.js';

const oneCase = ['--case', 'second-release-leaves-the-next-holder-alone'];

describe('bench conform', () => {
  it('exits with 0 where a design keeps what it claims, on every client, and prints its document', async () => {
    const { code, out, err } = await bench(['conform', '--strategy', 'single', '--format', 'json', ...oneCase]).ended;
    expect(code, err).toBe(0);
    const { schemaVersion, exitCode, results } = JSON.parse(out) as ConformDocument;
    expect({ schemaVersion, exitCode }).toEqual({ schemaVersion: 1, exitCode: 0 });
    expect(results.map(({ strategy, client }) => [strategy, client])).toEqual([
      ['single', 'ioredis'],
      ['single', 'node-redis'],
      ['single', 'pipelined'],
    ]);
    expect(results[0].cases).toMatchObject([{ case: oneCase[1], verdict: 'pass', fails: false, missingClaims: [] }]);
  });

  it('tells how a design fails that does not claim it, and exits with 0', async () => {
    const args = ['conform', '--strategy', 'single-del', '--client', 'ioredis', ...oneCase];
    const { code, out } = await bench(args).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/does not claim ownerRelease; fails: the lock was released a second\s+time while/);
  });

  it('exits with 5 where a claimed behaviour fails, of a design from anywhere', async () => {
    const room = emptyRoom();
    const claims = '{ exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 }';
    const code = `export default { name: 'mine', help: 'grants nothing', engine: 'redis', topology: 'single', options: {},
      judge: () => ({ claims: ${claims}, ttl: { minMs: 1, maxMs: 1e8 } }),
      open: async () => ({ acquire: () => new Promise(() => {}), close: async () => {} }) };`;
    writeFileSync(join(room, 'package.json'), '{"type":"module"}');
    writeFileSync(join(room, 'mine.js'), code);
    const args = ['conform', '--strategy', './mine.js', '--client', 'ioredis', '--format', 'markdown'];
    const ended = await bench(args, { room }).ended;
    expect(ended.code, ended.err).toBe(5);
    expect(ended.out).toMatch(/\| `grants-a-free-lock`.*\*\*FAIL\*\*\[\^1\]/);
    expect(ended.out).toContain('[^1]: acquire has not settled after');
  });

  it.each([
    [['--case', 'no-such-case'], 'there is no case "no-such-case"'],
    [['--format', 'csv'], 'there is no report of conformance "csv"'],
    [['--ttl', '1s'], 'conform does not take --ttl'],
    [['--redis', 'localhost:6379'], 'it uses none but its own'],
    [['--client', 'other'], 'ioredis'],
    [['--strategy', 'redlok'], 'redlock'],
  ])('exits with 2 and says why: %s', async (args, words) => {
    const { code, err } = await bench(['conform', ...args]).ended;
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  it('exits with 3 where there is no Redis', async () => {
    const env = { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere', DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const { code, err } = await bench(['conform', ...oneCase], { env }).ended;
    expect(code, err).toBe(3);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('leaves neither servers nor processes behind after %s', async (signal, expected) => {
    const running = bench(['conform', '--strategy', 'redlock,failover']);
    await running.says(' cases');
    running.kill(signal);
    expect((await running.ended).code).toBe(expected);
    for (let i = 0; i < 250 && processesIn(running.room).length > 0; i += 1) await delay(20);
    expect(processesIn(running.room)).toEqual([]);
  });
});
