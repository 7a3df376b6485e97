/** What waiting costs besides time: turns of the event loop, sleeps that end early, the policy that says how long. */
import { CancelSource } from '../../src/base/cancel.js';
import { yieldTurn } from '../../src/base/clock.js';
import { seededRandom } from '../../src/base/random.js';
import { sleep } from '../../src/base/sleep.js';
import { nextTurn } from '../../src/base/turn.js';
import { retryPolicy } from '../../src/kit/retry.js';
import { batch, group } from './group.js';

const longMs = 60_000;

export async function waiting(): Promise<void> {
  await group('retry policy', batch, (bench) => {
    const random = seededRandom(1);
    for (const kind of ['fixed', 'uniform', 'full-jitter'] as const) {
      const policy = retryPolicy({ kind, minMs: 5, maxMs: 500, limit: null });
      bench.add(kind, () => {
        for (let retry = 1; retry <= batch; retry += 1) policy.delayMs(retry, random);
      });
    }
  });
  await group(`turns of the event loop, ${batch} who wait`, batch, (bench) => {
    bench.add('turns, sixteen share one', async () => {
      await Promise.all(Array.from({ length: batch }, nextTurn));
    });
    bench.add('a turn each', async () => {
      await Promise.all(Array.from({ length: batch }, yieldTurn));
    });
    bench.add('a sleep each, ended by the run', async () => {
      const ending = new CancelSource();
      const all = Promise.all(Array.from({ length: batch }, () => sleep(longMs, ending)));
      ending.cancel();
      await all;
    });
  });
}
