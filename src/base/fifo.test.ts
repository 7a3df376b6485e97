import { describe, expect, test } from 'vitest';
import { Fifo } from './fifo.js';
import { seededRandom } from './random.js';

describe('a fifo', () => {
  test('gives back in order, through growth and wrap-around, as an array does', () => {
    const fifo = new Fifo<number>();
    const model: number[] = [];
    const random = seededRandom(1);
    for (let i = 0; i < 20_000; i += 1) {
      const bias = Math.floor(i / 500) % 2 === 0 ? 0.7 : 0.3;
      if (random() < bias) {
        fifo.push(i);
        model.push(i);
      } else {
        expect(fifo.shift()).toBe(model.shift());
      }
      expect(fifo.length).toBe(model.length);
      expect(fifo.peek()).toBe(model[0]);
    }
  });

  test('is empty at first and after the last', () => {
    const fifo = new Fifo<string>();
    expect([fifo.length, fifo.peek(), fifo.shift()]).toEqual([0, undefined, undefined]);
    fifo.push('a');
    expect([fifo.shift(), fifo.shift(), fifo.length]).toEqual(['a', undefined, 0]);
  });
});
