/** What our own client does of each command beside the system calls: its request is put together, and its reply is read. */
import { frameOf } from '../../src/clients/resp-frames.js';
import { ReplyReader } from '../../src/clients/resp-replies.js';
import type { Command } from '../../src/contract/index.js';
import { compareAndDelete, evalSha } from '../../src/kit/scripts.js';
import { batch, group } from './group.js';

const key = 'lockbench:orders/4711';
const token = 'f3b1c0de5a9e4d7788aa0123456789ab';
const taking = (): Command => ({ name: 'SET', args: [key, token, 'NX', 'PX', 2000] });

/** About as many as arrive together from one server when 64 contenders take and release; a batch is a multiple of it. */
const together = 50;
const replies = {
  '+OK': '+OK\r\n',
  ':1': ':1\r\n',
  nil: '$-1\r\n',
  token: `$${token.length}\r\n${token}\r\n`,
} as const;
const place = `*3\r\n:1234\r\n:1987\r\n${replies.token}`;

export async function resp(): Promise<void> {
  await group('a request put together', batch, (bench) => {
    bench.add('SET NX PX', () => {
      for (let i = 0; i < batch; i += 1) frameOf(taking());
    });
    const same = taking();
    bench.add('the same for another node', () => {
      for (let i = 0; i < batch; i += 1) frameOf(same);
    });
    bench.add('compare and delete, by its hash', () => {
      for (let i = 0; i < batch; i += 1) frameOf(evalSha(compareAndDelete, key, token));
    });
    bench.add('SET NX PX of a name beyond ASCII', () => {
      for (let i = 0; i < batch; i += 1) frameOf({ name: 'SET', args: ['bestellung:größe', token, 'NX', 'PX', 2000] });
    });
  });
  await group('a reply read', batch, (bench) => {
    let read = 0;
    const reply = (): void => {
      read += 1;
    };
    const refuse = (reason: string): never => {
      throw new Error(reason);
    };
    const reads = (expected: number): void => {
      if (read !== expected) refuse(`${read} replies were read, not ${expected}`);
      read = 0;
    };
    for (const [name, text] of Object.entries({ ...replies, 'a place in a queue': place })) {
      const reader = new ReplyReader({ reply, refuse, malformed: refuse });
      const piece = Buffer.from(text.repeat(together));
      bench.add(`${name}, ${together} in a piece`, () => {
        for (let i = 0; i < batch; i += together) reader.read(piece);
        reads(batch);
      });
    }
    const reader = new ReplyReader({ reply, refuse, malformed: refuse });
    const [head, tail] = [Buffer.from(place.slice(0, 9)), Buffer.from(place.slice(9))];
    bench.add('a place, cut in two', () => {
      for (let i = 0; i < batch; i += 1) {
        reader.read(head);
        reader.read(tail);
      }
      reads(batch);
    });
  });
}
