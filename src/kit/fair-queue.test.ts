/** Waiting in line in virtual time: in order, by few commands, whatever is lost, late or dead; and never on more than it was given. */
import { describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../base/cancel.js';
import type { AcquireOutcome, Grant } from '../contract/index.js';
import type { Cluster } from '../sim/cluster.js';
import { scenarios, type Scenario } from '../sim/scenario.js';
import { granted, openCluster, passed, settled } from '../sim/testing.js';
import { channelPrefix } from './fair-lua.js';

const ttlMs = 2_000;
const waitMs = 60_000;
/** A hand-over in this world, with its slowest delays. */
const promptMs = 10;
/** Until every session hears what it is told. */
const hearingMs = 200;
const designs = ['single-fair', 'redlock-fair'] as const;
const line: Scenario = { ...scenarios.calm, workers: 3 };

async function opened(design: string, scenario = line): Promise<Cluster> {
  const cluster = await openCluster(design, scenario);
  await passed(cluster, hearingMs);
  return cluster;
}

function acquire({ workers }: Cluster, worker: number, ask: { cancel?: typeof noCancel; waitMs?: number } = {}) {
  return workers[worker].session.acquire('k', { ttlMs, waitMs, cancel: noCancel, ...ask });
}

function commands({ world }: Cluster): number {
  return world.trace.filter((text) => text.includes(' EVAL')).length;
}

/** Released in virtual time, and its answer not waited for. */
function release({ workers }: Cluster, worker: number, grant: Grant): void {
  void workers[worker].session.release(grant);
}

/** Asks with time between, so that the order is plain. */
async function asks(cluster: Cluster, worker: number, ask = {}): Promise<{ readonly asked: Promise<AcquireOutcome> }> {
  const asked = acquire(cluster, worker, ask);
  await passed(cluster, promptMs);
  return { asked };
}

async function holding(cluster: Cluster, worker = 0): Promise<Grant> {
  return granted(await settled(cluster, acquire(cluster, worker)));
}

describe.each(designs)('who waits for %s', (design) => {
  it('has it in the order of asking, for one command to leave and one to come on each server', async () => {
    const cluster = await opened(design);
    let grant = await holding(cluster);
    const workers = [1, 0, 2, 1, 2, 0, 1];
    const waiting: Promise<AcquireOutcome>[] = [];
    for (const worker of workers) waiting.push((await asks(cluster, worker)).asked);
    const before = commands(cluster);
    let last = 0;
    for (const [i, worker] of workers.entries()) {
      release(cluster, last, grant);
      grant = granted(await settled(cluster, waiting[i]));
      last = worker;
    }
    expect(commands(cluster) - before).toBeLessThanOrEqual(workers.length * cluster.servers.length);
  });

  it('is not overtaken by a newcomer, nor by who has just had it', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster);
    const { asked } = await asks(cluster, 1);
    release(cluster, 0, grant);
    const again = acquire(cluster, 0);
    expect(await settled(cluster, acquire(cluster, 2, { waitMs: 0 }))).toMatchObject({ kind: 'refused', why: 'busy' });
    const next = granted(await settled(cluster, asked));
    release(cluster, 1, next);
    granted(await settled(cluster, again));
  });

  it('has nearly all of the TTL however long it waited, and never more than the servers give', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster);
    const { asked } = await asks(cluster, 1);
    for (let i = 0; i < 8; i += 1) {
      await passed(cluster, ttlMs / 2);
      expect(await settled(cluster, cluster.workers[0].session.extend!(grant, ttlMs))).toMatchObject({
        kind: 'extended',
      });
    }
    release(cluster, 0, grant);
    const { validUntilMs } = granted(await settled(cluster, asked));
    await passed(cluster, promptMs);
    const leftMs = validUntilMs - cluster.world.nowMs();
    expect(leftMs).toBeGreaterThan(ttlMs * 0.8);
    for (const { model } of cluster.servers) expect(model.pttl('k')).toBeGreaterThanOrEqual(leftMs);
  });

  it('has a lock that nobody gives back when its lease is over', async () => {
    const cluster = await opened(design);
    const { validUntilMs } = await holding(cluster);
    const { asked } = await asks(cluster, 1);
    granted(await settled(cluster, asked));
    const lateMs = cluster.world.nowMs() - validUntilMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // 1 % of the TTL is allowed for clocks that differ.
    expect(lateMs).toBeLessThan(ttlMs / 100 + 3 * promptMs);
  });

  it('leaves nothing when it gives up, though it be in the moment of its grant', async () => {
    for (let afterMs = 0; afterMs < 5; afterMs += 0.25) {
      const cluster = await opened(design);
      const grant = await holding(cluster);
      const cancel = new CancelSource();
      const { asked } = await asks(cluster, 1, { cancel });
      release(cluster, 0, grant);
      await passed(cluster, afterMs);
      cancel.cancel();
      const outcome = await settled(cluster, asked);
      if (outcome.kind === 'granted') release(cluster, 1, outcome.grant);
      else expect(outcome.kind).toBe('cancelled');
      for (const { session } of cluster.workers) await settled(cluster, session.quiesce());
      expect(cluster.keys(new Set())).toEqual([]);
    }
  });

  it('is passed over when its session is closed, and when nobody hears for it', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster);
    const { asked: first } = await asks(cluster, 1);
    const { asked: second } = await asks(cluster, 2);
    const closing = cluster.workers[1].session.close();
    expect((await settled(cluster, first)).kind).toBe('cancelled');
    await settled(cluster, closing);
    const releasedMs = cluster.world.nowMs();
    release(cluster, 0, grant);
    granted(await settled(cluster, second));
    expect(cluster.world.nowMs() - releasedMs).toBeLessThan(promptMs);
  });

  it('is passed over when it stands still, and comes back to its place', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster);
    const { asked: first } = await asks(cluster, 1);
    const { asked: second } = await asks(cluster, 2);
    cluster.workers[1].loop.pause(0.95 * ttlMs);
    await passed(cluster, 0.9 * ttlMs);
    const releasedMs = cluster.world.nowMs();
    release(cluster, 0, grant);
    const next = granted(await settled(cluster, second));
    expect(cluster.world.nowMs() - releasedMs).toBeLessThan(promptMs);
    const { asked: third } = await asks(cluster, 0);
    await passed(cluster, ttlMs / 2);
    release(cluster, 2, next);
    release(cluster, 1, granted(await settled(cluster, first)));
    granted(await settled(cluster, third));
  });

  it('hears of a grant whose message was lost, and outlives a server that forgets its queue', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster);
    const { asked: first } = await asks(cluster, 1);
    const { asked: second } = await asks(cluster, 2);
    for (const { model } of cluster.servers) model.del('k:queue');
    await passed(cluster, ttlMs / 4);
    for (const server of cluster.servers) {
      server.kill();
      server.start(true);
    }
    release(cluster, 0, grant);
    const next = granted(await settled(cluster, first));
    release(cluster, 1, next);
    granted(await settled(cluster, second));
  });
});

describe.each(designs)('who waits for %s behind another of its session', (design) => {
  async function lineUp(workers: readonly number[]) {
    const cluster = await opened(design);
    const grant = await holding(cluster, 2);
    const waiting: Promise<AcquireOutcome>[] = [];
    for (const worker of workers) waiting.push((await asks(cluster, worker)).asked);
    release(cluster, 2, grant);
    const first = granted(await settled(cluster, waiting[0]));
    return { cluster, waiting, first };
  }

  it('has the lock at once, in order, with what is left of the lease', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1, 1, 0, 1]);
    const sinceMs = cluster.world.nowMs();
    let last = first;
    for (const asked of waiting.slice(1, 3)) {
      release(cluster, 1, last);
      const next = granted(await settled(cluster, asked));
      expect(next.validUntilMs).toBe(first.validUntilMs);
      last = next;
    }
    expect(cluster.world.nowMs()).toBe(sinceMs);
    release(cluster, 1, last);
    release(cluster, 0, granted(await settled(cluster, waiting[3])));
    expect(cluster.world.nowMs()).toBeGreaterThan(sinceMs);
    granted(await settled(cluster, waiting[4]));
  });

  it('has it at once, too, when the one before had it without waiting', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster, 1);
    const { asked } = await asks(cluster, 1);
    const sinceMs = cluster.world.nowMs();
    release(cluster, 1, grant);
    granted(await settled(cluster, asked));
    expect(cluster.world.nowMs()).toBe(sinceMs);
  });

  it('waits for its turn behind one of another session', async () => {
    const cluster = await opened(design);
    const grant = await holding(cluster, 1);
    const others = (await asks(cluster, 0)).asked;
    const { asked } = await asks(cluster, 1);
    const sinceMs = cluster.world.nowMs();
    release(cluster, 1, grant);
    release(cluster, 0, granted(await settled(cluster, others)));
    granted(await settled(cluster, asked));
    expect(cluster.world.nowMs()).toBeGreaterThan(sinceMs);
  });

  it('costs its servers one command for all of them that are short', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1, 1, 1, 0]);
    const before = commands(cluster);
    const released = [cluster.workers[1].session.release(first)];
    for (const asked of waiting.slice(1, 4))
      released.push(cluster.workers[1].session.release(granted(await settled(cluster, asked))));
    expect(await settled(cluster, Promise.all(released))).toEqual(released.map(() => ({ kind: 'released' })));
    expect(commands(cluster) - before).toBe(cluster.servers.length);
    granted(await settled(cluster, waiting[4]));
  });

  it('has it at once for 16 in a row at most: then the servers decide', async () => {
    const { cluster, waiting, first } = await lineUp(Array.from({ length: 20 }, () => 1));
    // Until all had lined up much of the first lease was gone, so that one does not begin the row.
    release(cluster, 1, first);
    let last = granted(await settled(cluster, waiting[1]));
    const sinceMs = cluster.world.nowMs();
    const atOnce: boolean[] = [];
    for (const asked of waiting.slice(2, 18)) {
      release(cluster, 1, last);
      last = granted(await settled(cluster, asked));
      atOnce.push(cluster.world.nowMs() === sinceMs);
    }
    expect(atOnce).toEqual([...Array.from({ length: 15 }, () => true), false]);
  });

  it('is known to the servers before long, though it holds on', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1]);
    const released = cluster.workers[1].session.release(first);
    const { token } = granted(await settled(cluster, waiting[1])) as Grant & { readonly token: string };
    expect(await settled(cluster, released)).toEqual({ kind: 'released' });
    await passed(cluster, promptMs);
    for (const { model } of cluster.servers) expect(model.get('k')).toBe(token);
  });

  it('is told so by the servers when much of the lease is gone', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1]);
    await passed(cluster, ttlMs / 5);
    release(cluster, 1, first);
    expect(granted(await settled(cluster, waiting[1])).validUntilMs).toBeGreaterThan(first.validUntilMs);
  });

  it('does not get what its predecessor had lost', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1, 0]);
    cluster.workers[1].loop.pause(1.1 * ttlMs);
    await passed(cluster, 1.2 * ttlMs);
    let told = false;
    void waiting[1].then(() => (told = true));
    expect(await settled(cluster, cluster.workers[1].session.release(first))).toEqual({ kind: 'lost' });
    expect(told).toBe(false);
    release(cluster, 0, granted(await settled(cluster, waiting[2])));
    granted(await settled(cluster, waiting[1]));
  });

  it('holds up nobody though no server heard of it', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1, 0]);
    for (const server of cluster.servers) {
      server.kill();
      server.start(true);
    }
    release(cluster, 1, first);
    const heir = granted(await settled(cluster, waiting[1]));
    await passed(cluster, hearingMs);
    expect(await settled(cluster, cluster.workers[1].session.extend!(heir, ttlMs))).toMatchObject({ kind: 'extended' });
    expect(await settled(cluster, cluster.workers[1].session.release(heir))).toEqual({ kind: 'released' });
    const sinceMs = cluster.world.nowMs();
    granted(await settled(cluster, waiting[2]));
    expect(cluster.world.nowMs() - sinceMs).toBeLessThan(promptMs);
  });

  it('has given it back once, however often its predecessor does', async () => {
    const { cluster, waiting, first } = await lineUp([1, 1, 0]);
    release(cluster, 1, first);
    const heir = granted(await settled(cluster, waiting[1]));
    expect(await settled(cluster, cluster.workers[1].session.release(first))).toEqual({ kind: 'lost' });
    expect(await settled(cluster, cluster.workers[1].session.release(heir))).toEqual({ kind: 'released' });
    granted(await settled(cluster, waiting[2]));
  });
});

describe('what is told of an earlier place', () => {
  it('is not believed, however late it comes', async () => {
    const cluster = await opened('single-fair');
    const [server] = cluster.servers;
    await holding(cluster);
    const { asked } = await asks(cluster, 1);
    const [place] = server.model.zrange('k:queue')[0];
    // As if it had been granted, and lost again, before anybody heard of it.
    server.model.del('k:queue');
    await passed(cluster, ttlMs / 4);
    const [later] = server.model.zrange('k:queue')[0];
    expect(later).not.toBe(place);
    server.model.publish(channelPrefix + place.split(':')[2], place);
    let told = false;
    void asked.then(() => (told = true));
    await passed(cluster, promptMs);
    expect(told).toBe(false);
  });
});

describe('a split grant', () => {
  it('comes to the lowest ticket, far below the TTL', async () => {
    for (const nodes of [2, 4, 5]) {
      const cluster = await opened('redlock-fair', { ...line, nodes, workers: 5 });
      const startMs = cluster.world.nowMs();
      const waiting = cluster.workers.map((_, worker) => acquire(cluster, worker));
      for (let left = waiting.length; left > 0; left -= 1) {
        const { worker, outcome } = await settled(
          cluster,
          Promise.race(waiting.map((one, worker) => one.then((outcome) => ({ worker, outcome })))),
        );
        release(cluster, worker, granted(outcome));
        waiting[worker] = new Promise(() => {});
      }
      expect(cluster.world.nowMs() - startMs).toBeLessThan(ttlMs / 10);
    }
  });
});
