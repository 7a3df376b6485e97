/** `bench` on etcd, as people type it. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { etcd, runsEtcd, skipped } from '../servers/etcd.testing.js';
import { bench, processesIn, removeRooms } from './testing.js';

const short = ['--warmup', '100ms', '--ttl', '1s', '--format', 'json'];

afterAll(removeRooms);

describe.skipIf(!runsEtcd)(`bench on etcd${skipped}`, { timeout: 60_000 }, () => {
  it('runs side by side with a design on Redis, and tells what each keeps', async () => {
    const { code, out, err } = await bench(['--strategy', 'single,etcd', '--duration', '1s', ...short]).ended;
    expect(code, err).toBe(0);
    const { runs } = JSON.parse(out) as Result;
    expect(runs).toMatchObject([
      { engine: 'redis', durability: 'none' },
      {
        engine: 'etcd',
        client: null,
        topology: { kind: 'cluster', nodes: 3 },
        durability: expect.stringMatching(/^quorum/),
      },
    ]);
    expect(runs[1].grants).toBeGreaterThan(10);
    expect(runs[1].commandsPerGrant).toBeGreaterThan(2.9);
    expect(runs[1].resources.serverUsPerCycle).toBeGreaterThan(0);
  });

  it.each([
    'kill:leader@200ms+500ms',
    'freeze:leader@200ms+500ms',
    'restart:leader@200ms',
    'kill:majority@200ms+500ms',
  ])('goes on after %s', async (fault) => {
    const args = ['--strategy', 'etcd', '--fault', fault, '--duration', '4s', ...short];
    const { code, out, err } = await bench(args).ended;
    expect(code, err).toBe(0);
    const [run] = (JSON.parse(out) as Result).runs;
    expect(run.faults).toMatchObject([{ effective: true, unhealthy: [], lost: [] }]);
    expect(run.faults[0].target).toMatch(/^node \d/);
    expect(run.verdicts.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  it('loses updates to a holder that stood still, unless the resource refuses old tokens', async () => {
    const common = ['--strategy', 'etcd', '--workload', 'counter', '--fault', 'pause-before-write', '--duration', '4s'];
    const run = (fencing: string) => bench([...common, '--fencing', fencing, ...short]).ended;
    const [open, fenced] = [await run('off'), await run('reads+writes')];
    const lost = ({ out }: typeof open): number =>
      (JSON.parse(out) as Result).runs[0].verdicts.find(({ check }) => check === 'lost-updates')!.violations;
    expect(open.code, open.err).toBe(5);
    expect(lost(open)).toBeGreaterThan(0);
    expect(fenced.code, fenced.err).toBe(0);
    expect(lost(fenced)).toBe(0);
  });

  it('takes the nodes of somebody else, and leaves them as they were', async () => {
    const own = await etcd(3);
    try {
      const nodes = own.servers.endpoints.map(({ port }) => `localhost:${port}`).join(',');
      const { code, err } = await bench(['--strategy', 'etcd', '--etcd', nodes, '--duration', '500ms', ...short]).ended;
      expect(code, err).toBe(0);
      expect(await own.servers.keysLeft()).toEqual([]);
      expect(await own.servers.unreachable()).toEqual([]);
    } finally {
      await own.close();
    }
  });

  it('refuses a leader where there is none, and faults that etcd does not know', async () => {
    const refused = await bench(['--strategy', 'redlock', '--fault', 'kill:leader']).ended;
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/these servers have none/) });
    const foreign = await bench(['--strategy', 'etcd', '--fault', 'flushall']).ended;
    expect(foreign).toMatchObject({ code: 2, err: expect.stringMatching(/not of etcd/) });
  });

  it('leaves no server behind when it is killed itself', async () => {
    const running = bench(['--strategy', 'etcd', '--duration', '30s', '--warmup', '100ms']);
    await running.says('warming up');
    expect(processesIn(running.room).length).toBeGreaterThan(3);
    running.kill('SIGKILL');
    await running.ended;
    for (let i = 0; i < 100 && processesIn(running.room).length > 0; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(processesIn(running.room)).toEqual([]);
  });
});
