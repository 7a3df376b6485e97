import { expect, test } from 'vitest';
import { encode, Message } from './protobuf.js';

test('what is written is read again: integers of 64 bits, texts, messages within messages', () => {
  const largest = 2n ** 64n - 1n;
  const inner = encode([1, 'ключ\0'], [2, 127], [3, 128]);
  const message = new Message(encode([1, largest], [2, true], [15, 'text'], [16, inner], [16, inner]));
  expect(message.integer(1)).toBe(largest);
  expect(message.integer(2)).toBe(1n);
  expect(message.text(15)).toBe('text');
  expect(message.messages(16)).toHaveLength(2);
  expect(message.message(16).text(1)).toBe('ключ\0');
  expect([message.message(16).integer(2), message.message(16).integer(3)]).toEqual([127n, 128n]);
});

test('what is 0 or empty is left out, and reads as that', () => {
  const nothing = encode([1, 0], [2, ''], [3, false]);
  expect(nothing).toHaveLength(0);
  const message = new Message(nothing);
  expect([message.integer(1), message.text(2), message.messages(3), message.message(4).integer(1)]).toEqual([
    0n,
    '',
    [],
    0n,
  ]);
});

test('an example of the specification is written as it stands there', () => {
  expect(encode([1, 150])).toEqual(Buffer.from([0x08, 0x96, 0x01]));
  expect(encode([2, 'testing'])).toEqual(Buffer.from([0x12, 0x07, ...Buffer.from('testing')]));
});

test('what is cut short, or of a kind that etcd does not use, is no message', () => {
  const whole = encode([1, 300], [2, 'text']);
  for (const length of [1, 2, 4, whole.length - 1])
    expect(() => new Message(whole.subarray(0, length))).toThrow(RangeError);
  expect(() => new Message(Buffer.from([0x0d, 0, 0, 0, 0]))).toThrow(/field kind 5/);
});
