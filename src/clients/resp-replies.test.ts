import { describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../base/random.js';
import type { Reply } from '../contract/index.js';
import { ReplyReader } from './resp-replies.js';

type Told = { readonly reply: Reply } | { readonly error: string } | { readonly fault: string };

function read(pieces: readonly Buffer[]): Told[] {
  const told: Told[] = [];
  const reader = new ReplyReader({
    reply: (reply) => told.push({ reply }),
    refuse: (error) => told.push({ error }),
    malformed: (fault) => told.push({ fault }),
  });
  for (const piece of pieces) {
    reader.read(piece);
    // The socket uses its buffer again.
    piece.fill(0x58);
  }
  return told;
}

/** The bytes of a reply, and what is to be told of it. */
type Sample = readonly [wire: string, told: Told];

const samples: readonly Sample[] = [
  ['+OK\r\n', { reply: 'OK' }],
  ['+OKAY\r\n', { reply: 'OKAY' }],
  ['+\r\n', { reply: '' }],
  ['+Grüße\r\n', { reply: 'Grüße' }],
  [':0\r\n', { reply: 0 }],
  [':-2\r\n', { reply: -2 }],
  [':9007199254740991\r\n', { reply: 9007199254740991 }],
  ['$-1\r\n', { reply: null }],
  ['$0\r\n\r\n', { reply: '' }],
  ['$8\r\nh\r\nllo €\r\n'.replace('$8', '$10'), { reply: 'h\r\nllo €' }],
  ['*-1\r\n', { reply: null }],
  ['*0\r\n', { reply: [] }],
  ['*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+b\r\n', { reply: [1, ['a', null], 'b'] }],
  ['-ERR no such thing\r\n', { error: 'ERR no such thing' }],
  ['-NOSCRIPT No matching script.\r\n', { error: 'NOSCRIPT No matching script.' }],
  ['*2\r\n:1\r\n*1\r\n-ODD inside\r\n', { error: 'ODD inside' }],
];

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, i) => Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)));
}

function randomReply(random: Random, depth = 0): Sample {
  const kind = Math.floor(random() * (depth < 3 ? 5 : 4));
  const n = Math.floor(random() * 40);
  const text = Array.from({ length: n }, () => 'aü€👍 \r\n$*:'[Math.floor(random() * 10)]).join('');
  switch (kind) {
    case 0:
      return [`:${n - 20}\r\n`, { reply: n - 20 || 0 }];
    case 1:
      return ['$-1\r\n', { reply: null }];
    case 2:
      return [`+line ${n}\r\n`, { reply: `line ${n}` }];
    case 3:
      return [`$${Buffer.byteLength(text)}\r\n${text}\r\n`, { reply: Buffer.from(text).toString() }];
    default: {
      const items = Array.from({ length: n % 5 }, () => randomReply(random, depth + 1));
      const replies = items.map(([, told]) => (told as { reply: Reply }).reply);
      return [`*${items.length}\r\n${items.map(([wire]) => wire).join('')}`, { reply: replies }];
    }
  }
}

describe('replies', () => {
  test.each(samples)('of %j are read whole, and cut at every place', (wire, told) => {
    const bytes = Buffer.from(wire);
    expect(read([Buffer.from(bytes)])).toEqual([told]);
    for (let cut = 1; cut < bytes.length; cut += 1) expect(read(pieces(bytes, [cut]))).toEqual([told]);
    expect(
      read(
        pieces(
          bytes,
          Array.from(bytes.subarray(1), (_, i) => i + 1),
        ),
      ),
    ).toEqual([told]);
  });

  test('that come together are read one after the other, wherever the pieces end', () => {
    const bytes = Buffer.from(samples.map(([wire]) => wire).join(''));
    const told = samples.map(([, expected]) => expected);
    for (let cut = 0; cut < bytes.length; cut += 1) expect(read(pieces(bytes, [cut]))).toEqual(told);
  });

  test('of any kind are read the same in any pieces', () => {
    const random = seededRandom(7, 'replies');
    for (let round = 0; round < 300; round += 1) {
      const some = Array.from({ length: 1 + Math.floor(random() * 8) }, () => randomReply(random));
      const bytes = Buffer.from(some.map(([wire]) => wire).join(''));
      const cuts = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * bytes.length));
      expect(
        read(
          pieces(
            bytes,
            cuts.toSorted((a, b) => a - b),
          ),
        ),
      ).toEqual(some.map(([, told]) => told));
    }
  });

  test('much larger than the buffer for what is left over are read, and small ones behind them', () => {
    const large = 'x'.repeat(300_000);
    const bytes = Buffer.from(`$${large.length}\r\n${large}\r\n+OK\r\n:7\r\n`);
    const cuts = Array.from({ length: 40 }, (_, i) => (i + 1) * 7_001);
    expect(read(pieces(bytes, cuts))).toEqual([{ reply: large }, { reply: 'OK' }, { reply: 7 }]);
  });

  test.each([
    ['what is no reply', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a number without digits', ':\r\n'],
    ['a number with more than digits', ':1a\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a negative length of an array', '*-2\r\n'],
    ['a length of more than any answer has', '$999999999999\r\n'],
    ['an array of more than any answer has', '*999999999999\r\n'],
    ['a string longer than it said', '$2\r\nabc\r\n'],
    ['arrays in arrays without end', '*1\r\n'.repeat(100)],
    ['a line end that is none', '+OK\rx'],
    ['RESP3', '%1\r\n+a\r\n:1\r\n'],
  ])('end at %s, told once and last', (_, wire) => {
    for (const bytes of [
      [Buffer.from(`+OK\r\n${wire}+OK\r\n`)],
      pieces(Buffer.from(`+OK\r\n${wire}+OK\r\n`), [3, 7, 9]),
    ]) {
      const told = read(bytes);
      expect(told[0]).toEqual({ reply: 'OK' });
      expect(told).toHaveLength(2);
      expect(told[1]).toMatchObject({ fault: expect.stringContaining('not understood') as string });
    }
  });
});
