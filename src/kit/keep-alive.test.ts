/** Leases that are kept alive, in virtual time: within bounds of rate and number, and with a word when they are over. */
import { describe, expect, it } from 'vitest';
import { noCancel } from '../base/cancel.js';
import type { ExtendOutcome, Grant } from '../contract/index.js';
import type { Cluster } from '../sim/cluster.js';
import { scenarios } from '../sim/scenario.js';
import { granted, openCluster, passed, settled } from '../sim/testing.js';
import { everyMsFor, keepAlive, leastEveryMs } from './keep-alive.js';

const calm = { ...scenarios.calm, link: { ...scenarios.calm.link, delayMs: [1, 1] } } as const;

/** As late as a timer may be in this world. */
const timerMs = 3;

interface Kept {
  readonly cluster: Cluster;
  readonly grant: Grant;
  readonly answers: (ExtendOutcome['kind'] | 'error')[];
  readonly sentMs: number[];
  readonly lostMs: number[];
  readonly stop: () => Promise<boolean>;
}

async function kept(strategy: string, ttlMs: number, maxExtensions = Infinity): Promise<Kept> {
  const cluster = await openCluster(strategy, calm);
  const { session, env } = cluster.workers[0];
  const grant = granted(await settled(cluster, session.acquire('k', { ttlMs, waitMs: 0, cancel: noCancel })));
  const [answers, sentMs, lostMs]: [Kept['answers'], number[], number[]] = [[], [], []];
  grant.onLost(() => lostMs.push(env.nowMs()));
  const stop = keepAlive(session, grant, { ttlMs, everyMs: everyMsFor(ttlMs), maxExtensions }, env, {
    onSent: () => sentMs.push(env.nowMs()),
    onAnswer: (outcome) => answers.push(outcome?.kind ?? 'error'),
    onOver: () => {},
    onError: () => {},
  });
  return { cluster, grant, answers, sentMs, lostMs, stop };
}

describe.each(['single', 'redlock'])('a lease of %s that is kept alive', (strategy) => {
  const ttlMs = 600;

  it('outlives its TTL, and its holder is told nothing', async () => {
    const { cluster, grant, answers, lostMs, stop } = await kept(strategy, ttlMs);
    await passed(cluster, 3 * ttlMs);
    expect(grant.validUntilMs).toBeGreaterThan(cluster.world.nowMs());
    expect(new Set(answers)).toEqual(new Set(['extended']));
    expect(await settled(cluster, stop())).toBe(true);
    await passed(cluster, 2 * ttlMs);
    expect(lostMs).toEqual([]);
  });

  it.each([
    ['the limit that is set', 2, 2],
    ['the limit of the design', Infinity, 10],
  ])('runs out after %s, and its holder is told when it does', async (_, limit, extended) => {
    const { cluster, grant, answers, lostMs } = await kept(strategy, ttlMs, limit);
    await passed(cluster, 10 * ttlMs);
    expect(answers).toEqual(Array.from({ length: extended }, () => 'extended'));
    expect(lostMs.map((ms) => Math.trunc((ms - grant.validUntilMs) / timerMs))).toEqual([0]);
  });

  it('survives an extension without an answer', async () => {
    const { cluster, answers, lostMs } = await kept(strategy, 6000);
    await passed(cluster, 1900);
    for (const server of cluster.servers) server.freeze();
    await passed(cluster, 900);
    for (const server of cluster.servers) server.thaw();
    await passed(cluster, 6000);
    expect(answers.slice(0, 3)).toEqual(['unknown', 'extended', 'extended']);
    expect(lostMs).toEqual([]);
  });

  it('that cannot be extended any more is told to its holder when validity is over, and not when answers are given up', async () => {
    const { cluster, grant, lostMs, stop } = await kept(strategy, ttlMs);
    for (const server of cluster.servers) server.freeze();
    await passed(cluster, 5 * ttlMs);
    expect(lostMs.map((ms) => Math.trunc((ms - grant.validUntilMs) / timerMs))).toEqual([0]);
    expect(await settled(cluster, stop())).toBe(false);
  });
});

it.each([6, 20, 60, 600, 60_000])('a TTL of %i ms costs no more than its share of commands', async (ttlMs) => {
  const { cluster, sentMs } = await kept('single', ttlMs, 20);
  await passed(cluster, 10 * ttlMs);
  const least = Math.min(...sentMs.slice(1).map((ms, i) => ms - sentMs[i]));
  expect(least).toBeGreaterThanOrEqual(Math.max(leastEveryMs, Math.floor(ttlMs / 3)));
});
