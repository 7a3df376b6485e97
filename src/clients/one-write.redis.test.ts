import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openNodes } from './open.js';
import type { NodeSet } from './open.js';
import { ask, askGroup, clients, patientMs, settings, startServer } from './testing.js';
import type { TestServer } from './testing.js';

type Method = (this: Socket, ...args: unknown[]) => unknown;

/** Counts what reaches the system call for a port; several chunks in one `_writev` are one call. */
function countWrites(port: number): { readonly writes: () => number; readonly stop: () => void } {
  const methods = Socket.prototype as unknown as Record<'_write' | '_writev', Method>;
  const { _write: write, _writev: writev } = methods;
  let count = 0;
  const counted = (original: Method): Method =>
    function (...args) {
      if (this.remotePort === port) count += 1;
      return original.apply(this, args);
    };
  methods._write = counted(write);
  methods._writev = counted(writev);
  const stop = (): void => void Object.assign(methods, { _write: write, _writev: writev });
  return { writes: () => count, stop };
}

describe.each(clients)('on %s, the commands of one turn leave in one write', (client) => {
  let server: TestServer;
  let set: NodeSet;
  const lane = () => set.nodes[0]!.shared;

  const writesOf = async (work: () => Promise<unknown>): Promise<number> => {
    const counter = countWrites(server.endpoint.port);
    try {
      await work();
      return counter.writes();
    } finally {
      counter.stop();
    }
  };

  beforeAll(async () => {
    server = await startServer();
    set = await openNodes(client, [server.endpoint], settings);
  });
  afterAll(async () => {
    await set.close();
    await server.stop();
  });

  test('of 20 sends and a group', async () => {
    const writes = await writesOf(() => {
      const answers = Array.from({ length: 20 }, (_, i) => ask(lane(), 'ECHO', i));
      const ping = { name: 'PING', args: [] };
      return Promise.all([...answers, askGroup(lane(), patientMs, [ping, ping, ping])]);
    });
    expect(writes).toBe(1);
  });

  test('of sends from several promise continuations', async () => {
    const writes = await writesOf(() => {
      const late = async (turns: number): Promise<unknown> => {
        for (let i = 0; i < turns; i += 1) await Promise.resolve();
        return ask(lane(), 'ECHO', turns);
      };
      return Promise.all(Array.from({ length: 20 }, (_, i) => late(i)));
    });
    expect(writes).toBe(1);
  });

  const many = client === 'pipelined' ? 'of many in two: an idle server begins with the first 32' : 'of many: 200 KB';
  test(many, async () => {
    const writes = await writesOf(() =>
      Promise.all(
        Array.from({ length: client === 'pipelined' ? 500 : 2_000 }, () => ask(lane(), 'ECHO', 'x'.repeat(64))),
      ),
    );
    expect(writes).toBe(client === 'pipelined' ? 2 : 1);
  });

  test('and those of two turns in two', async () => {
    const writes = await writesOf(async () => {
      await ask(lane(), 'PING');
      await ask(lane(), 'PING');
    });
    expect(writes).toBe(2);
  });

  test('to each of several nodes', async () => {
    const more = await openNodes(client, [server.endpoint, server.endpoint, server.endpoint], settings);
    const writes = await writesOf(() =>
      Promise.all(more.nodes.flatMap((node) => [ask(node.shared, 'PING'), ask(node.shared, 'PING')])),
    );
    expect(writes).toBe(3);
    await more.close();
  });
});
