import { expect, it } from 'vitest';
import { inOrder } from './zookeeper.js';

it('the line of ZooKeeper goes on below zero when its number has overflowed', () => {
  const line = ['2147483646', '2147483647', '-2147483648', '-2147483647'].map((number) => `token-lock-${number}`);
  expect(inOrder(line.toReversed())).toEqual(line);
  const later = ['-1000000000', '-999999999', '-000000001', '0000000000', '0000000001'].map((n) => `token-lock-${n}`);
  expect(inOrder(later.toReversed())).toEqual(later);
  expect(inOrder(['a-stranger', ...line])).toEqual(line);
});
