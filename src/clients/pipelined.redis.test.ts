/** Our own client against ioredis on the same server, behind a connection that cuts, spoils and half-closes. */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { yieldTurn } from '../base/clock.js';
import { seededRandom } from '../base/random.js';
import type { Command, RedisNode } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { openNodes, type NodeSet } from './open.js';
import { ask, askWithin, incarnationOf, patientMs, settings, startServer, until } from './testing.js';
import type { TestServer } from './testing.js';

/** What becomes of a piece of the server's answers on the way. */
type Spoil = (piece: Buffer, toClient: Socket) => void | Promise<void>;

const asItIs: Spoil = (piece, toClient) => void toClient.write(piece);

let server: TestServer;
let between: Server;
let endpoint: NodeEndpoint;
let spoil: Spoil;
let connections: Socket[];
let sets: NodeSet[];

beforeEach(async () => {
  server = await startServer();
  spoil = asItIs;
  connections = [];
  sets = [];
  between = createServer({ noDelay: true, allowHalfOpen: true }, (toClient) => {
    const toServer = connect(server.endpoint.port, '127.0.0.1');
    connections.push(toClient, toServer);
    let last: Promise<unknown> = Promise.resolve();
    toClient.on('data', (piece) => toServer.write(piece)).on('error', () => {});
    toClient.on('close', () => toServer.destroy());
    toServer.on('data', (piece) => void (last = last.then(() => spoil(piece, toClient)))).on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  endpoint = { ...server.endpoint, port: (between.address() as { port: number }).port };
});
afterEach(async () => {
  for (const set of sets) await set.close();
  for (const connection of connections) connection.destroy();
  between.close();
  await server.stop();
});

async function open(client: 'ioredis' | 'pipelined', to: NodeEndpoint): Promise<RedisNode> {
  const set = await openNodes(client, [to], settings);
  sets.push(set);
  return set.nodes[0]!;
}

const asked: readonly Command[] = [
  { name: 'SET', args: ['k', 'ü€👍', 'PX', 60_000] },
  { name: 'GET', args: ['k'] },
  { name: 'SET', args: ['k', 'other', 'NX'] },
  { name: 'INCRBY', args: ['n', -41] },
  { name: 'GET', args: ['none'] },
  { name: 'ECHO', args: ['line\r\nend\0'] },
  { name: 'ECHO', args: ['x'.repeat(20_000)] },
  { name: 'RPUSH', args: ['list', 'a', '', 'c'] },
  { name: 'LRANGE', args: ['list', 0, -1] },
  { name: 'INCR', args: ['list'] },
  { name: 'NOSUCH', args: [] },
  { name: 'EVALSHA', args: ['0'.repeat(40), 0] },
  { name: 'EVAL', args: ["return {1, {'a', {2, false, {}}}, redis.status_reply('FINE')}", 0] },
  { name: 'EVAL', args: ["return {1, redis.error_reply('ODD inside')}", 0] },
  { name: 'CLUSTER', args: ['NODES'] },
];

test('answers as ioredis does, whatever pieces the answers come in', async () => {
  const theirs = await open('ioredis', server.endpoint);
  const expected = [];
  for (const command of asked) expected.push(await askWithin(theirs.shared, patientMs, command));
  const random = seededRandom(11, 'cuts');
  spoil = async (piece, toClient) => {
    for (let from = 0; from < piece.length;) {
      const end = from + 1 + Math.floor(random() ** 3 * 4_000);
      toClient.write(piece.subarray(from, end));
      from = end;
      await yieldTurn();
    }
  };
  const ours = await open('pipelined', endpoint);
  await ask(ours.shared, 'FLUSHALL');
  expect(await Promise.all(asked.map((command) => askWithin(ours.shared, patientMs, command)))).toEqual(expected);
});

test('ends a connection on which there is no RESP: what was asked may have been executed', async () => {
  const node = await open('pipelined', endpoint);
  spoil = (_, toClient) => {
    toClient.write('HTTP/1.1 400 Bad Request\r\n');
    spoil = asItIs;
  };
  const { failure } = await ask(node.shared, 'INCR', 'n');
  expect(failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
  expect(failure?.message).toContain('not understood');
  await incarnationOf(node, 2);
  expect((await ask(node.shared, 'GET', 'n')).reply).toBe('1');
});

test('ends a connection on which more is answered than was asked', async () => {
  const node = await open('pipelined', endpoint);
  spoil = (piece, toClient) => {
    toClient.write(Buffer.concat([piece, piece]));
    spoil = asItIs;
  };
  expect(await ask(node.shared, 'INCR', 'n')).toMatchObject({ failure: null, reply: 1 });
  await incarnationOf(node, 2);
});

test('a half-closed connection is over at once, though commands could still be sent on it', async () => {
  const node = await open('pipelined', endpoint);
  spoil = (_, toClient) => {
    toClient.end();
    spoil = asItIs;
  };
  expect((await ask(node.shared, 'INCR', 'n')).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
  await incarnationOf(node, 2);
});

test('hears messages that come cut into pieces', async () => {
  spoil = async (piece, toClient) => {
    for (const byte of piece) {
      toClient.write(Buffer.of(byte));
      await yieldTurn();
    }
  };
  const node = await open('pipelined', endpoint);
  const heard: string[] = [];
  node.subscribe(
    'news',
    (payload) => heard.push(payload),
    (state) => heard.push(state),
  );
  await until(() => heard.includes('live'));
  for (const text of ['one', 'zwölf', '']) await ask(node.shared, 'PUBLISH', 'news', text);
  await until(() => heard.length === 4);
  expect(heard).toEqual(['live', 'one', 'zwölf', '']);
});
