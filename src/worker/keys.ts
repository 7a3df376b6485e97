/** Which key an operation asks for, and what that is called. */
import type { KeyChoice } from '../contract/index.js';
import type { Random } from '../base/random.js';

/** Exponent of Zipf's law; 0.99 is YCSB's. */
const zipfExponent = 0.99;

/** hot: nine of ten ask for key 0, the others for any. uniform: any. zipf: key k with a weight of 1/(k+1)^0.99. */
export function keyChooser(choice: KeyChoice, keys: number, random: Random): () => number {
  if (keys === 1) return () => 0;
  switch (choice) {
    case 'hot':
      return () => (random() < 0.9 ? 0 : Math.floor(random() * keys));
    case 'uniform':
      return () => Math.floor(random() * keys);
    case 'zipf': {
      const cumulative = new Float64Array(keys);
      let sum = 0;
      for (let k = 0; k < keys; k += 1) cumulative[k] = sum += 1 / (k + 1) ** zipfExponent;
      return () => firstAbove(cumulative, random() * sum);
    }
  }
}

/** The name of each lock, made once: what is put together anew for every operation is copied anew by every client, too. */
export function keyNames(prefix: string): (key: number) => string {
  const names: string[] = [];
  return (key) => (names[key] ??= prefix + key);
}

function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
