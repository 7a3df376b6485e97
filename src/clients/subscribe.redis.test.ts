import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { yieldTurn } from '../base/clock.js';
import { openNodes } from './open.js';
import type { NodeSet } from './open.js';
import { clients, incarnationOf, settings, startServer, tell, until } from './testing.js';
import type { TestServer } from './testing.js';

describe.each(clients)('a subscription on %s', (client) => {
  let server: TestServer;
  let set: NodeSet;
  const node = () => set.nodes[0]!;

  beforeEach(async () => {
    server = await startServer();
    set = await openNodes(client, [server.endpoint], settings);
  });
  afterEach(async () => {
    await set.close();
    await server.stop();
  });

  const listen = (channel: string): { readonly heard: string[]; readonly stop: () => void } => {
    const heard: string[] = [];
    const stop = node().subscribe(
      channel,
      (payload) => heard.push(payload),
      (state) => heard.push(`<${state}>`),
    );
    return { heard, stop };
  };
  const publish = (channel: string, payload: string) => tell(node().shared, 'PUBLISH', channel, payload);

  test('is live, hears its channel and no other, and leaves the shared lane free', async () => {
    const a = listen('a');
    const b = listen('b');
    await until(() => a.heard.length === 1 && b.heard.length === 1);
    expect(await publish('a', 'one ü')).toBe(1);
    expect(await publish('b', 'two')).toBe(1);
    expect(await publish('c', 'three')).toBe(0);
    await until(() => a.heard.length === 2 && b.heard.length === 2);
    expect([a.heard, b.heard]).toEqual([
      ['<live>', 'one ü'],
      ['<live>', 'two'],
    ]);
  });

  test('tells of a gap when the connection is lost, and is live again on the next one', async () => {
    const a = listen('a');
    await until(() => a.heard.includes('<live>'));
    await server.crash();
    await until(() => a.heard.includes('<gap>'));
    await server.restart();
    await incarnationOf(node(), 2);
    await until(() => a.heard.length === 3);
    await publish('a', 'again');
    await until(() => a.heard.length === 4);
    expect(a.heard).toEqual(['<live>', '<gap>', '<live>', 'again']);
  });

  test('is shared by those who listen to one channel, and ends with the last of them', async () => {
    const first = listen('a');
    await until(() => first.heard.length === 1);
    const second = listen('a');
    expect(second.heard).toEqual([]);
    await until(() => second.heard.length === 1);
    expect(await publish('a', 'both')).toBe(1);
    await until(() => first.heard.length === 2 && second.heard.length === 2);
    first.stop();
    await publish('a', 'second');
    await until(() => second.heard.length === 3);
    expect(first.heard).toEqual(['<live>', 'both']);
    second.stop();
    await until(async () => (await publish('a', 'nobody')) === 0);
    expect(second.heard).toEqual(['<live>', 'both', 'second']);
  });

  test('can be left and taken up again at once, however often', async () => {
    for (let i = 0; i < 20; i += 1) {
      const passing = listen('a');
      if (i % 3 === 0) await yieldTurn();
      passing.stop();
    }
    const last = listen('a');
    await until(() => last.heard.length === 1);
    await publish('a', 'x');
    await until(() => last.heard.length === 2);
    expect(last.heard).toEqual(['<live>', 'x']);
  });

  test('waits for a node that is down', async () => {
    await server.crash();
    const a = listen('a');
    await until(() => !node().shared.up);
    await server.restart();
    await until(() => a.heard.length === 1);
    expect(a.heard).toEqual(['<live>']);
  });
});
