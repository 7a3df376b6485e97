import { describe, expect, it } from 'vitest';
import { CancelSource } from './cancel.js';
import { seededRandom } from './random.js';

describe('a cancellation', () => {
  it('reaches all who listen then, once, whoever came and left before', () => {
    const random = seededRandom(1);
    const source = new CancelSource();
    const listening = new Map<number, () => void>();
    const told: number[] = [];
    for (let one = 0; one < 2000; one += 1) {
      listening.set(
        one,
        source.onCancel(() => told.push(one)),
      );
      for (const [other, stop] of listening) {
        if (random() > 0.05) continue;
        stop();
        // Again, which must not take the place of who came after.
        if (random() < 0.5) stop();
        listening.delete(other);
      }
    }
    source.cancel();
    source.cancel();
    expect(told.sort((a, b) => a - b)).toEqual([...listening.keys()]);
    expect(told.length).toBeGreaterThan(0);
  });

  it('does not reach who is sent away by another that it has reached, and at once who comes too late', () => {
    const source = new CancelSource();
    const told: string[] = [];
    const stops: (() => void)[] = [];
    for (const name of ['a', 'b'])
      stops.push(
        source.onCancel(() => {
          told.push(name);
          for (const stop of stops) stop();
        }),
      );
    source.cancel();
    expect(told).toEqual(['a']);
    source.onCancel(() => told.push('late'));
    expect(told).toEqual(['a', 'late']);
  });
});
