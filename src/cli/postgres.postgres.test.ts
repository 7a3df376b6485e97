/** `bench` on PostgreSQL beside Redis, as people type it. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { runsPostgres, postgres, skipped } from '../servers/postgres.testing.js';
import { bench, processesIn, removeRooms } from './testing.js';

const short = ['--duration', '700ms', '--warmup', '100ms', '--ttl', '300ms', '--format', 'json'];

afterAll(removeRooms);

describe.skipIf(!runsPostgres)(`bench on PostgreSQL${skipped}`, { timeout: 60_000 }, () => {
  it('runs side by side with a design on Redis, and tells what each keeps', async () => {
    const args = ['--strategy', 'single,postgres', '--persistence', 'always', ...short];
    const { code, out, err } = await bench(args).ended;
    expect(code, err).toBe(0);
    const { runs, environment } = JSON.parse(out) as Result;
    expect(runs).toMatchObject([
      { engine: 'redis', client: 'ioredis', persistence: 'always', durability: 'fsync' },
      { engine: 'postgres', client: null, persistence: 'always', durability: 'none', clientOptions: { library: 'pg' } },
    ]);
    expect(environment.clients).toMatchObject({ pg: expect.stringMatching(/^8\./) });
    for (const run of runs) {
      expect(run.grants).toBeGreaterThan(10);
      expect(run.commandsPerGrant).toBeGreaterThan(1);
      expect(run.resources.serverUsPerCycle).toBeGreaterThan(0);
    }
  });

  it.each(['kill@100ms+200ms', 'freeze@100ms+200ms', 'cut:1/all@100ms+200ms', 'crash-holder@granted'])(
    'goes on after %s',
    async (fault) => {
      const args = ['--strategy', 'postgres', '--fault', fault, '--duration', '1500ms', ...short.slice(2)];
      const { code, out, err } = await bench(args).ended;
      expect(code, err).toBe(0);
      const [run] = (JSON.parse(out) as Result).runs;
      expect(run.faults).toMatchObject([{ effective: true, unhealthy: [] }]);
      expect(run.verdicts.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    },
  );

  it('takes the server of somebody else, and leaves it as it was', async () => {
    const own = await postgres();
    try {
      const { port } = own.servers.endpoints[0];
      const url = `postgres://lockbench@127.0.0.1:${port}/postgres`;
      const { code, err } = await bench(['--strategy', 'postgres', '--postgres', url, ...short]).ended;
      expect(code, err).toBe(0);
      expect(await own.servers.keysLeft()).toEqual([]);
      expect(await own.servers.unreachable()).toEqual([]);
    } finally {
      await own.close();
    }
  });

  it('leaves no server behind when it is killed itself', async () => {
    const running = bench(['--strategy', 'postgres', '--duration', '30s', '--warmup', '100ms']);
    await running.says('warming up');
    expect(processesIn(running.room).length).toBeGreaterThan(3);
    running.kill('SIGKILL');
    await running.ended;
    while (processesIn(running.room).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
