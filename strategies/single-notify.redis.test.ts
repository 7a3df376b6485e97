/** What `single-notify` leaves on a real server: nothing, however its waits end; and what it counts for them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelSource, noCancel } from '../src/base/cancel.js';
import { openNodes, type NodeSet } from '../src/clients/open.js';
import { clients, settings, startServer, tell, until, type TestServer } from '../src/clients/testing.js';
import { envOf } from '../src/conform/env.js';
import type { LockSession } from '../src/contract/index.js';
import notify from './single-notify.js';

describe.each(clients)('single-notify on %s', (client) => {
  let server: TestServer;
  let set: NodeSet;
  let session: LockSession;

  beforeEach(async () => {
    server = await startServer();
    set = await openNodes(client, [server.endpoint], { ...settings, scripts: notify.scripts });
    session = await notify.open(set.nodes, envOf('waits'), { timeout: 500, maxExtensions: 10 });
  });
  afterEach(async () => {
    await session.close();
    await set.close();
    await server.stop();
  });

  const channels = () => tell(set.nodes[0].shared, 'PUBSUB', 'CHANNELS');

  it('leaves no subscription behind when a wait is cancelled, and has one for all who wait for a key', async () => {
    const request = { ttlMs: 20_000, waitMs: 20_000, cancel: noCancel };
    await session.acquire('k', request);
    const before = set.meter.commands;
    const cancels = [new CancelSource(), new CancelSource()];
    const waiting = cancels.map((cancel) => session.acquire('k', { ...request, cancel }));
    await until(async () => String(await channels()) === 'k:free');
    cancels[0].cancel();
    expect(await waiting[0]).toMatchObject({ kind: 'cancelled' });
    expect(await channels()).toEqual(['k:free']);
    cancels[1].cancel();
    expect(await waiting[1]).toMatchObject({ kind: 'cancelled' });
    await until(async () => String(await channels()) === '');
    // Two first tries, a subscription and its end at least: what is sent beside the tries counts, too.
    expect(set.meter.commands - before).toBeGreaterThanOrEqual(4);
  });
});
