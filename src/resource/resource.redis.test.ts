/** Runs with the resource in a process of its own: workloads, fencing, and what is left when the program is interrupted. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result, RunResult, Verdict } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { bench, emptyRoom, processesIn, removeRooms, runFolders, type Ended } from '../cli/testing.js';
import { readResource } from '../record/resource-rows.js';

afterAll(removeRooms);

const short = ['--duration', '1s', '--warmup', '100ms', '--format', 'json'];
const runs = ({ out, err }: Ended): readonly RunResult[] => {
  expect(out, err).not.toBe('');
  return (JSON.parse(out) as Result).runs;
};
const verdict = ({ verdicts }: RunResult, check: string): Verdict['verdict'] | undefined =>
  verdicts.find((one) => one.check === check)?.verdict;

/** `single` with a token from a counter beside the lock, drawn in the same script; `token` says what becomes of it. */
function fencing(name: string, token: string): string {
  const file = (path: string): string => JSON.stringify(new URL(`../../${path}.js`, import.meta.url).href);
  return `
    import single, { comparing, SingleSession } from ${file('strategies/single')};
    import { evalSha, script } from ${file('src/kit/scripts')};
    import { call } from ${file('src/kit/send')};
    const take = script('take-with-token', \`
      if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', 'fence ' .. KEYS[1]) end
      return 0\`, () => 0);
    export default {
      ...single,
      name: ${JSON.stringify(name)},
      scripts: [...single.scripts, take],
      judge(options, topology) {
        const judgement = single.judge(options, topology);
        return { ...judgement, claims: { ...judgement.claims, fences: true } };
      },
      async open([node], env, options) {
        const fences = new Map();
        const session = new SingleSession(node, env, options, {
          ...comparing(node, options.timeout),
          async take(key, token, ttlMs) {
            const { failure, reply } = await call(node.shared, evalSha(take, key, token, ttlMs), options.timeout);
            if (failure === null && reply > 0) fences.set(token, BigInt(reply));
            return { failure, reply: reply > 0 ? 1 : 0 };
          },
        });
        const acquire = session.acquire.bind(session);
        session.acquire = async (...args) => {
          const outcome = await acquire(...args);
          if (outcome.kind !== 'granted') return outcome;
          const fence = fences.get(outcome.grant.token);
          fences.delete(outcome.grant.token);
          outcome.grant.fence = ${token};
          return outcome;
        };
        return session;
      },
    };`;
}

function roomWith(name: string, token: string): string {
  const room = emptyRoom();
  writeFileSync(join(room, `${name}.mjs`), fencing(name, token));
  return room;
}

describe('a run with the resource in a process of its own', { timeout: 60_000 }, () => {
  it.each(['counter', 'inventory', 'payments', 'scheduler', 'dedup', 'cache-fill'])(
    'shows what %s suffers without a lock, and that it does not with one',
    async (workload) => {
      const args = ['--strategy', 'single,none', '--workload', workload, '--resource', 'server', ...short];
      const running = bench(args);
      const ended = await running.ended;
      expect(ended.code).toBe(5);
      const [single, none] = runs(ended);
      expect([single.resource, single.harm?.count, none.harm!.count > 0]).toEqual(['server', 0, true]);
      // Work done twice is a cost there, and judged by nobody.
      const costOnly = workload === 'cache-fill';
      for (const check of ['contiguity', 'lost-updates']) {
        expect(verdict(single, check)).toBe(costOnly ? undefined : 'pass');
        expect(verdict(none, check)).toBe(costOnly ? undefined : 'fail');
      }
      expect(single.verdicts.filter((one) => one.verdict === 'fail')).toEqual([]);
      const checked = await bench(['check', runFolders(running.room)[0]], { room: running.room }).ended;
      if (!costOnly) expect(checked.out).toMatch(/pass +contiguity[\s\S]*FAIL +contiguity/);
    },
  );

  it.each(['writes', 'reads+writes'])('runs clean with fencing of %s where tokens are in order', async (mode) => {
    const room = roomWith('fenced', 'fence');
    const args = ['--strategy', './fenced.mjs', '--workload', 'counter', '--keys', '2', '--fencing', mode, ...short];
    const ended = await bench(args, { room }).ended;
    const [run] = runs(ended);
    expect(run.verdicts.filter((one) => one.verdict === 'fail')).toEqual([]);
    expect(ended.code).toBe(0);
    expect([run.fencing, verdict(run, 'fencing-order'), run.harm?.count]).toEqual([mode, 'pass', 0]);
  });

  it.each([
    ['drawn by lot', '1n + fence * 7919n % 1009n', 'before it had'],
    ['used twice', '1n + fence / 2n', 'belongs to'],
    ['missing', 'undefined', 'came without a token'],
  ])('tells tokens that are %s', async (_, token, words) => {
    const room = roomWith('odd', token);
    const args = ['--strategy', './odd.mjs', '--workload', 'counter', '--fencing', 'writes', ...short];
    const ended = await bench(args, { room }).ended;
    expect(ended.code).toBe(5);
    const [run] = runs(ended);
    expect(verdict(run, 'fencing-order')).toBe('fail');
    const { evidence } = run.verdicts.find(({ check }) => check === 'fencing-order')!;
    expect(evidence.join('\n')).toContain(words);
  });

  it.each([
    ['off', 5, 'fail'],
    ['writes', 0, 'pass'],
    ['reads+writes', 0, 'pass'],
  ])('under a pause between check and write: fencing %s', async (mode, code, expected) => {
    const room = roomWith('fenced', 'fence');
    const fault = ['--fault', 'pause-before-write@300ms', '--ttl', '300ms', '--fencing', mode, '--trials', '2'];
    const args = ['--strategy', './fenced.mjs', '--workload', 'counter', '--workers', '2', ...fault];
    const ended = await bench([...args, '--duration', '2s', '--warmup', '100ms', '--format', 'json'], { room }).ended;
    const [run] = runs(ended);
    expect(run.faults.map(({ effective }) => effective)).toEqual([true, true]);
    expect([ended.code, verdict(run, 'mutual-exclusion')]).toEqual([code, 'pass']);
    expect([verdict(run, 'contiguity'), verdict(run, 'lost-updates')]).toEqual([expected, expected]);
    expect(run.harm!.count > 0).toBe(expected === 'fail');
  });

  it('refuses to fence what mints no tokens', async () => {
    const ended = await bench(['--strategy', 'single', '--workload', 'counter', '--fencing', 'writes']).ended;
    expect(ended.code).toBe(2);
    expect(ended.err).toContain('single mints no fencing tokens');
  });

  it('keeps the record whole when it is interrupted, and leaves no process behind', async () => {
    const args = ['--strategy', 'single', '--workload', 'inventory', '--resource', 'server', '--duration', '30s'];
    const running = bench([...args, '--format', 'json']);
    await running.says('warming up');
    await delay(1500);
    running.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(verdict(runs(ended)[0], 'contiguity')).toBe('pass');
    const history = join(runFolders(running.room)[0], 'history');
    const [round] = readdirSync(history);
    const { rows, cut } = readResource(join(history, round))!;
    expect([rows.count > 20, cut]).toEqual([true, []]);
    expect(processesIn(running.room)).toEqual([]);
  });

  it('ends the resource when it is killed itself, and calls a run invalid whose resource died', async () => {
    const args = ['--strategy', 'single', '--workload', 'inventory', '--resource', 'server', '--format', 'json'];
    const isResource = (pid: number): boolean =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('resource/server-main');
    const killed = bench([...args, '--duration', '30s']);
    await killed.says('warming up');
    const [pid] = processesIn(killed.room).filter(isResource);
    expect(pid).toBeGreaterThan(0);
    killed.kill('SIGKILL');
    await killed.ended;
    for (let i = 0; i < 100 && processesIn(killed.room).length > 0; i += 1) await delay(50);
    expect(processesIn(killed.room)).toEqual([]);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);

    const bereft = bench([...args, '--duration', '3s']);
    await bereft.says('warming up');
    await delay(1200);
    process.kill(processesIn(bereft.room).find(isResource)!, 'SIGKILL');
    const ended = await bereft.ended;
    expect(ended.code).toBe(6);
    const result = JSON.parse(ended.out) as Result;
    expect(result.partial).toBe(true);
    expect(verdict(result.runs[0], 'contiguity')).toBe('undecided');
    expect(verdict(result.runs[0], 'lost-updates')).toBe('undecided');
  });
});
