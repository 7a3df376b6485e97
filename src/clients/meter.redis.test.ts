import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../contract/index.js';
import { openNodes } from './open.js';
import type { NodeSet } from './open.js';
import { askGroup, askWithin, clients, patientMs, settings, startServer } from './testing.js';
import type { TestServer } from './testing.js';

describe.each(clients)('the meter on %s', (client) => {
  let server: TestServer;
  let set: NodeSet;

  beforeAll(async () => {
    server = await startServer();
    const five = Array.from({ length: 5 }, () => server.endpoint);
    set = await openNodes(client, five, settings);
  });
  afterAll(async () => {
    await set.close();
    await server.stop();
  });

  const metered = async (work: () => Promise<unknown>): Promise<[commands: number, roundTrips: number]> => {
    const { commands, roundTrips } = set.meter;
    await work();
    return [set.meter.commands - commands, set.meter.roundTrips - roundTrips];
  };
  const ping: Command = { name: 'PING', args: [] };

  test('starts at nothing: what the port itself sends on connecting is not counted', () => {
    expect([set.meter.commands, set.meter.roundTrips]).toEqual([0, 0]);
  });

  test('counts a parallel fan-out as one exchange', async () => {
    const fanOut = () => Promise.all(set.nodes.map(({ shared }) => askWithin(shared, patientMs, ping)));
    expect(await metered(fanOut)).toEqual([5, 1]);
    expect(await metered(fanOut)).toEqual([5, 1]);
  });

  test('counts a sequential one as one each', async () => {
    const inTurn = async (): Promise<void> => {
      for (const { shared } of set.nodes) await askWithin(shared, patientMs, ping);
    };
    expect(await metered(inTurn)).toEqual([5, 5]);
  });

  test('counts different commands as one each, and a group as one', async () => {
    const { shared } = set.nodes[0]!;
    const two = () => Promise.all([askWithin(shared, patientMs, ping), askWithin(shared, patientMs, { ...ping })]);
    expect(await metered(two)).toEqual([2, 2]);
    expect(await metered(() => askGroup(shared, patientMs, [ping, ping, ping]))).toEqual([3, 1]);
  });

  test('does not count what is not sent', async () => {
    const down = await openNodes(client, [{ ...server.endpoint, port: 1 }], { ...settings, readyWaitMs: 50 });
    await askWithin(down.nodes[0]!.shared, patientMs, ping);
    expect([down.meter.commands, down.meter.roundTrips]).toEqual([0, 0]);
    await down.close();
  });
});
