/** Relays in their thread, before real servers and under real clients. */
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import { openNodes, type NodeSet } from '../clients/open.js';
import {
  ask,
  askWithin,
  clients,
  incarnationOf,
  settings,
  startServer,
  tell,
  until,
  type TestServer,
} from '../clients/testing.js';
import type { RedisNode } from '../contract/index.js';
import { call, listens } from './testing.js';
import { openRelayThread, type RelayLink, type RelayThread } from './thread.js';

const password = 'secret of the upstream';
const open = { requests: 'pass', replies: 'pass' } as const;

describe.each(clients)('through a relay thread, %s', (client) => {
  let server: TestServer;
  let thread: RelayThread;
  let link: RelayLink;
  let sets: NodeSet[];
  let node: RedisNode;
  let direct: RedisNode;

  beforeEach(async () => {
    server = await startServer(password);
    thread = await openRelayThread();
    [link] = await thread.open([{ name: 'worker 0 to master 0', upstream: server.endpoint }], 1);
    sets = [await openNodes(client, [link.endpoint], settings), await openNodes(client, [server.endpoint], settings)];
    [node, direct] = sets.map(({ nodes }) => nodes[0]!);
  });
  afterEach(async () => {
    for (const set of sets) await set.close();
    await thread.close();
    await server.stop();
  });

  test('logs in as at the upstream, and touches nothing of its own accord', async () => {
    expect(link.endpoint).toMatchObject({ host: '127.0.0.1', password });
    expect(await tell(node.shared, 'SET', 'k', 'v')).toBe('OK');
    expect(await link.touched()).toBe(0);
  });

  test('applies a held SET at the heal, though its client has given up', async () => {
    await link.set({ requests: 'hold', replies: 'hold' });
    const { failure } = await askWithin(node.shared, 30, { name: 'SET', args: ['k', 'late'] });
    expect(failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    await sets[0].close();
    expect(await tell(direct.shared, 'GET', 'k')).toBe(null);
    expect(await link.touched()).toBeGreaterThan(0);
    await link.set(open);
    await until(async () => (await tell(direct.shared, 'GET', 'k')) === 'late');
  });

  test('answers what was held, when the client has waited', async () => {
    await link.set({ replies: 'hold' });
    const answers = Promise.all(['1', '2', '3'].map((n) => tell(node.shared, 'ECHO', n)));
    await delay(30);
    await link.set(open);
    expect(await answers).toEqual(['1', '2', '3']);
    expect(node.shared.incarnation).toBe(1);
  });

  test('resets a connection whose bytes it has dropped, and the client comes back', async () => {
    await link.set({ requests: 'drop' });
    const lost = ask(node.shared, 'SET', 'k', 'v');
    await delay(30);
    await link.set(open);
    expect((await lost).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    await incarnationOf(node, 2);
    expect(await tell(node.shared, 'GET', 'k')).toBe(null);
  });

  test('cuts a reply in half, and the client takes it for a loss', async () => {
    await tell(direct.shared, 'SET', 'k', 'x'.repeat(1000));
    await link.reset(true);
    expect((await ask(node.shared, 'GET', 'k')).failure).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    expect(await link.touched()).toBe(1);
    await incarnationOf(node, 2);
    expect(await tell(node.shared, 'STRLEN', 'k')).toBe(1000);
  });

  test('takes its clients to another server', async () => {
    const other = await startServer(password);
    await tell(direct.shared, 'SET', 'where', 'old');
    await link.moveTo(other.endpoint);
    await incarnationOf(node, 2);
    expect(await tell(node.shared, 'GET', 'where')).toBe(null);
    await other.stop();
  });
});

describe('a relay thread', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.stop());

  test('has the standing latency of each route at all times, adds to it, and does not count it', async () => {
    const thread = await openRelayThread();
    const links = await thread.open(
      [0, 20].map((delayMs) => ({ name: `${delayMs} ms`, upstream: server.endpoint, initial: { delayMs } })),
      1,
    );
    const set = await openNodes(
      'ioredis',
      links.map(({ endpoint }) => endpoint),
      settings,
    );
    const [near, far] = set.nodes;
    await Promise.all(set.nodes.map((node) => incarnationOf(node, 1)));
    const startMs = nowMs();
    await tell(near!.shared, 'PING');
    const nearMs = nowMs() - startMs;
    await tell(far!.shared, 'PING');
    expect(nowMs() - startMs - nearMs).toBeGreaterThanOrEqual(40);
    expect(await Promise.all(links.map((link) => link.touched()))).toEqual([0, 0]);
    await links[1].set({ delayMs: 30 });
    await tell(far!.shared, 'PING');
    expect(await links[1].touched()).toBe(2);
    await links[1].set({ delayMs: 0 });
    const healedMs = nowMs();
    await tell(far!.shared, 'PING');
    expect(nowMs() - healedMs).toBeGreaterThanOrEqual(40);
    expect(await links[1].touched()).toBe(0);
    await set.close();
    await thread.close();
  });

  test('leaves nothing listening when it is closed, and says so to whoever asks', async () => {
    const thread = await openRelayThread();
    const [link] = await thread.open([{ name: 'a', upstream: server.endpoint }], 1);
    expect(await listens(link.endpoint)).toBe(true);
    await thread.close();
    expect(await listens(link.endpoint)).toBe(false);
    await expect(link.set({ requests: 'pass' })).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await thread.close();
  });

  test('rejects what was asked of it, then and later, when it dies', async () => {
    const thread = await openRelayThread();
    const nowhere = { host: '127.0.0.1', port: 70_000, tls: false };
    const links = await thread.open(
      [server.endpoint, nowhere].map((upstream, i) => ({ name: `${i}`, upstream })),
      1,
    );
    const lost = { code: 'WORKER_LOST', message: expect.stringContaining('died: RangeError') as string };
    const caller = await call(links[1].endpoint);
    await until(() => caller.ended !== null);
    for (const link of links) await expect(link.touched()).rejects.toMatchObject(lost);
    await thread.close();
  });

  test('does not keep the process alive after it was closed', async () => {
    const program = `
      import { openRelayThread } from ${JSON.stringify(new URL('./thread.js', import.meta.url).href)};
      const thread = await openRelayThread();
      await thread.open([{ name: 'a', upstream: { host: '127.0.0.1', port: 1, tls: false } }], 1);
      await thread.close();`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const code = await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    expect(code).toBe(0);
  });

  test('refuses an upstream that speaks TLS', async () => {
    const thread = await openRelayThread();
    const upstream = { ...server.endpoint, tls: true };
    await expect(thread.open([{ name: 'a', upstream }], 1)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    const [link] = await thread.open([{ name: 'b', upstream: server.endpoint }], 1);
    await expect(link.moveTo(upstream)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await thread.close();
  });
});
