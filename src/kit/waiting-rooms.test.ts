/** Waiters of `single-notify` in virtual time: woken in time, by few commands, whatever is not told. */
import { describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../base/cancel.js';
import type { AcquireOutcome } from '../contract/index.js';
import type { Cluster } from '../sim/cluster.js';
import { scenarios, type Scenario } from '../sim/scenario.js';
import { granted, openCluster, passed, settled } from '../sim/testing.js';

const ttlMs = 10_000;
const waitMs = 60_000;
/** A round trip in this world, with its slowest delays. */
const promptMs = 10;
const slowRetries: Scenario = {
  ...scenarios.calm,
  workers: 2,
  retry: { kind: 'fixed', minMs: 5000, maxMs: 5000, limit: null },
};

function opened(scenario = slowRetries): Promise<Cluster> {
  return openCluster('single-notify', scenario);
}

function acquire({ workers }: Cluster, worker: number, cancel = noCancel): Promise<AcquireOutcome> {
  return workers[worker].session.acquire('k', { ttlMs, waitMs, cancel });
}

function commands({ world }: Cluster): number {
  return world.trace.filter((line) => line.includes(' EVAL')).length;
}

describe('a waiter', () => {
  it('is woken by the release, and tried only when something had happened', async () => {
    const cluster = await opened();
    const grant = granted(await settled(cluster, acquire(cluster, 0)));
    const waiting = acquire(cluster, 1);
    await passed(cluster, 1000);
    const before = commands(cluster);
    const releasedMs = cluster.world.nowMs();
    void cluster.workers[0].session.release(grant);
    granted(await settled(cluster, waiting));
    expect(cluster.world.nowMs() - releasedMs).toBeLessThan(promptMs);
    // The first try, and the one when the subscription was live.
    expect(before).toBe(1 + 2);
    expect(commands(cluster) - before).toBe(2);
  });

  it('has a lock that nobody releases when its lease is over', async () => {
    const cluster = await opened();
    const grant = granted(await settled(cluster, acquire(cluster, 0)));
    granted(await settled(cluster, acquire(cluster, 1)));
    const lateMs = cluster.world.nowMs() - grant.validUntilMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(2 * promptMs);
  });

  it('misses no release, whenever it falls between its refusal and its subscription', async () => {
    for (let afterMs = 0; afterMs < 80; afterMs += 1) {
      const cluster = await opened();
      const grant = granted(await settled(cluster, acquire(cluster, 0)));
      const waiting = acquire(cluster, 1);
      await passed(cluster, afterMs);
      const releasedMs = cluster.world.nowMs();
      void cluster.workers[0].session.release(grant);
      granted(await settled(cluster, waiting));
      // At worst the subscription had still to be made.
      expect(cluster.world.nowMs() - releasedMs).toBeLessThan(slowRetries.link.reconnectMs[1] + promptMs);
    }
  });

  it('tries again when its subscription is back', async () => {
    const cluster = await opened({ ...slowRetries, retry: { ...slowRetries.retry, minMs: 100, maxMs: 100 } });
    granted(await settled(cluster, acquire(cluster, 0)));
    void acquire(cluster, 1);
    await passed(cluster, 500);
    const before = commands(cluster);
    cluster.servers[0].kill();
    cluster.servers[0].start(true);
    const back = commands(cluster);
    expect(back).toBe(before);
    await passed(cluster, 200);
    // Live again, so it tried once for what it may have missed.
    expect(commands(cluster) - back).toBeGreaterThan(0);
  });

  it('that is cancelled when it has been woken leaves its turn to the next', async () => {
    const cluster = await opened();
    const grant = granted(await settled(cluster, acquire(cluster, 0)));
    const cancel = new CancelSource();
    const first = acquire(cluster, 1, cancel);
    const second = acquire(cluster, 1);
    await passed(cluster, 1000);
    const releasedMs = cluster.world.nowMs();
    void cluster.workers[0].session.release(grant);
    cancel.cancel();
    expect((await settled(cluster, first)).kind).toBe('cancelled');
    granted(await settled(cluster, second));
    expect(cluster.world.nowMs() - releasedMs).toBeLessThan(promptMs);
  });
});

it('a release costs one try for each session, however many wait there', async () => {
  const cluster = await opened();
  let grant = granted(await settled(cluster, acquire(cluster, 0)));
  const waiting = Array.from({ length: 20 }, (_, i) => acquire(cluster, i % 2));
  await passed(cluster, 1000);
  const before = commands(cluster);
  let worker = 0;
  for (let turn = 0; turn < waiting.length; turn += 1) {
    void cluster.workers[worker].session.release(grant);
    const next = await settled(
      cluster,
      Promise.race(waiting.map((one, i) => one.then((outcome) => ({ outcome, i, grant: granted(outcome) })))),
    );
    worker = next.i % 2;
    grant = next.grant;
    waiting[next.i] = new Promise(() => {});
  }
  // A release and two tries.
  expect((commands(cluster) - before) / waiting.length).toBeLessThanOrEqual(3);
});
