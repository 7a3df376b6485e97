/** What a relay does to bytes, between bare sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { delay, nowMs } from '../base/clock.js';
import { seededRandom } from '../base/random.js';
import { until } from '../clients/testing.js';
import { firstHalf } from './connection.js';
import { maxHeldBytes } from './pipe.js';
import { startRelay, type Relay, type RelaySettings } from './relay.js';
import { call, listens, startPeer, type Party, type Peer } from './testing.js';

/** Long enough for anything that is not held to arrive. */
const quietMs = 40;

let peer: Peer;
let relays: Relay[] = [];

async function open(settings: RelaySettings = {}): Promise<Relay> {
  const relay = await startRelay(peer.endpoint, settings);
  relays.push(relay);
  return relay;
}

/** A client through the relay, and the server's side of the same connection. */
async function connected(relay: Relay): Promise<{ client: Party; server: Party }> {
  const before = peer.callers.length;
  const client = await call(relay.endpoint);
  await until(() => peer.callers.length > before);
  return { client, server: peer.callers[before] };
}

beforeEach(async () => {
  peer = await startPeer();
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.close()));
  relays = [];
  await peer.close();
});

describe('a way that is held', () => {
  it('delivers everything in order when it passes again, requests and replies', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.set({ requests: 'hold', replies: 'hold' });
    for (const text of ['a', 'b', 'c']) {
      client.say(text);
      server.say(text.toUpperCase());
      await delay(5);
    }
    await delay(quietMs);
    expect([server.heard, client.heard]).toEqual(['', '']);
    relay.set({ requests: 'pass', replies: 'pass' });
    client.say('d');
    await until(() => server.heard === 'abcd' && client.heard === 'ABC');
    expect([client.ended, server.ended]).toEqual([null, null]);
  });

  it('holds what set out before, and was still delayed', async () => {
    const relay = await open({ standing: { delayMs: 30 } });
    const { client, server } = await connected(relay);
    client.say('early');
    await delay(10);
    relay.set({ requests: 'hold' });
    await delay(30 + quietMs);
    expect(server.heard).toBe('');
    relay.set({ requests: 'pass' });
    await until(() => server.heard === 'early');
  });

  it('delivers a late request after its client has gone, and the end of the stream behind it', async () => {
    const relay = await open();
    const [gone, aborted] = [await connected(relay), await connected(relay)];
    relay.set({ requests: 'hold' });
    gone.client.say('late');
    gone.client.hangUp();
    aborted.client.say('later');
    await delay(quietMs);
    aborted.client.reset();
    await delay(quietMs);
    for (const { server } of [gone, aborted]) expect([server.heard, server.ended]).toEqual(['', null]);
    relay.set({ requests: 'pass' });
    await until(() => gone.server.ended === 'end' && aborted.server.ended === 'end');
    expect([gone.server.heard, aborted.server.heard]).toEqual(['late', 'later']);
  });

  it('hides from the client that the server is gone', async () => {
    const relay = await open();
    const [crashed, left] = [await connected(relay), await connected(relay)];
    relay.set({ replies: 'hold' });
    crashed.server.reset();
    left.server.say('bye');
    left.server.hangUp();
    await delay(quietMs);
    expect([crashed.client.ended, left.client.ended]).toEqual([null, null]);
    relay.set({ replies: 'pass' });
    await until(() => crashed.client.ended === 'reset' && left.client.ended === 'end');
    expect(left.client.heard).toBe('bye');
  });

  it('resets a connection of which more is held than the limit', async () => {
    const relay = await open();
    const [full, other] = [await connected(relay), await connected(relay)];
    relay.set({ requests: 'hold' });
    other.client.say('x');
    full.client.say('x'.repeat(maxHeldBytes + 1));
    await until(() => full.client.ended !== null && full.server.ended === 'reset');
    relay.set({ requests: 'pass' });
    await until(() => other.server.heard === 'x');
    expect(full.server.heard).toBe('');
  });
});

describe('a way that is dropped', () => {
  it('resets the connections that lost bytes when it passes again, and no others', async () => {
    const relay = await open();
    const [lossy, idle] = [await connected(relay), await connected(relay)];
    relay.set({ requests: 'drop' });
    lossy.client.say('lost');
    await delay(quietMs);
    expect(lossy.client.ended).toBe(null);
    relay.set({ requests: 'pass' });
    await until(() => lossy.client.ended === 'reset' && lossy.server.ended === 'reset');
    expect(lossy.server.heard).toBe('');
    idle.client.say('fine');
    await until(() => idle.server.heard === 'fine');
  });

  it('loses what was held, and what was still delayed', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.set({ requests: 'hold', replyDelayMs: 30 });
    client.say('held');
    server.say('delayed');
    await delay(10);
    relay.set({ requests: 'drop', replies: 'drop' });
    await delay(30);
    relay.set({ requests: 'pass', replies: 'pass' });
    await until(() => client.ended === 'reset');
    await delay(quietMs);
    expect([server.heard, client.heard]).toEqual(['', '']);
  });

  it('leaves held requests to the server where only replies were lost', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.set({ requests: 'hold', replies: 'drop' });
    client.say('late');
    server.say('lost');
    await delay(quietMs);
    relay.set({ requests: 'pass', replies: 'pass' });
    await until(() => client.ended === 'reset' && server.ended === 'end');
    expect(server.heard).toBe('late');
  });
});

describe('delays', () => {
  it('are added to requests and to replies, each with its own', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.set({ requestDelayMs: 30, replyDelayMs: 60 });
    for (const [from, to, ms] of [
      [client, server, 30],
      [server, client, 60],
    ] as const) {
      const startMs = nowMs();
      from.say('x');
      await until(() => to.heard === 'x');
      expect(nowMs() - startMs).toBeGreaterThanOrEqual(ms);
      expect(nowMs() - startMs).toBeLessThan(ms + 1000);
    }
  });

  it('keep the order within a connection, whatever the jitter and however it changes', async () => {
    const relay = await open({ random: seededRandom(7) });
    const { client, server } = await connected(relay);
    let expected = '';
    for (let i = 0; i < 100; i += 1) {
      relay.set({ requestDelayMs: i % 4, jitterMs: (i * 7) % 20 });
      client.say(`${i},`);
      expected += `${i},`;
      if (i % 3 === 0) await delay(1);
    }
    await until(() => server.heard.length === expected.length);
    expect(server.heard).toBe(expected);
  });

  it('let the last bytes of a client that hangs up arrive', async () => {
    const relay = await open({ standing: { delayMs: 20 } });
    const { client, server } = await connected(relay);
    client.say('last');
    client.hangUp();
    await until(() => server.ended === 'end');
    expect(server.heard).toBe('last');
  });
});

describe('connections', () => {
  it('are reset within their next reply, of which the first half arrives', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.reset(true);
    client.say('request');
    await until(() => server.heard === 'request');
    expect(client.ended).toBe(null);
    server.say('12345678');
    await until(() => client.ended === 'reset' && server.ended === 'reset');
    expect(client.heard).toBe('1234');
    expect(relay.touched()).toBe(1);
    const next = await connected(relay);
    next.server.say('whole');
    await until(() => next.client.heard === 'whole');
  });

  it('are never cut between two replies of one chunk', () => {
    expect(String(firstHalf(Buffer.from('+OK\r\n+OK\r\n')))).toBe('+OK\r');
    expect(String(firstHalf(Buffer.from('+PONG\r\n')))).toBe('+PON');
    expect(String(firstHalf(Buffer.from('x')))).toBe('x');
  });

  it('end at once when cut, by RST when reset', async () => {
    const relay = await open();
    const first = await connected(relay);
    relay.cut();
    await until(() => first.client.ended === 'end' && first.server.ended === 'end');
    const second = await connected(relay);
    relay.reset();
    await until(() => second.client.ended === 'reset' && second.server.ended === 'reset');
  });

  it('are refused while it is told so', async () => {
    const relay = await open();
    relay.set({ refuse: true });
    const refused = await call(relay.endpoint);
    await until(() => refused.ended !== null);
    expect(peer.callers).toHaveLength(0);
    relay.set({ refuse: false });
    await connected(relay);
  });

  it('go to the new upstream after a move, and the old ones end', async () => {
    const relay = await open();
    const { client } = await connected(relay);
    const other = await startPeer('echo');
    relay.moveTo(other.endpoint);
    await until(() => client.ended !== null);
    const next = await call(relay.endpoint);
    next.say('hello');
    await until(() => next.heard === 'hello');
    expect(peer.callers).toHaveLength(1);
    await other.close();
    await until(() => next.ended !== null);
  });

  it('end where nobody listens upstream', async () => {
    const relay = await open();
    await peer.close();
    const client = await call(relay.endpoint);
    await until(() => client.ended === 'reset');
  });

  it('carry answers to a client that has closed its own half', async () => {
    const echo = await startPeer('echo');
    const relay = await startRelay(echo.endpoint, { standing: { delayMs: 20 } });
    relays.push(relay);
    const bulk = 'x'.repeat(4 * 2 ** 20);
    const client = await call(relay.endpoint);
    client.say(bulk);
    await until(() => client.heard.length === bulk.length);
    await echo.close();
  });
});

describe('touched', () => {
  it('is 0 when nobody uses the relay, whatever its state, and for traffic that nothing happens to', async () => {
    const relay = await open({ standing: { delayMs: 1, jitterMs: 1 } });
    relay.set({ requests: 'hold', replies: 'drop' });
    relay.set({ requests: 'pass', replies: 'pass' });
    const { client, server } = await connected(relay);
    client.say('x');
    await until(() => server.heard === 'x');
    expect(relay.touched()).toBe(0);
  });

  it('counts each chunk once, held, lost or delayed, and what flows on new connections, since it was last asked', async () => {
    const relay = await open();
    relay.set({ requests: 'hold', requestDelayMs: 5 });
    const { client, server } = await connected(relay);
    expect(relay.touched()).toBe(0);
    client.say('x');
    await delay(quietMs);
    relay.set({ requests: 'pass' });
    await until(() => server.heard === 'x');
    expect(relay.touched()).toBe(1);
    relay.set({ replies: 'drop' });
    server.say('y');
    await delay(quietMs);
    expect(relay.touched()).toBe(1);
    expect(relay.touched()).toBe(0);
  });

  it('counts connections that were reset', async () => {
    const relay = await open();
    await connected(relay);
    relay.reset();
    expect(relay.touched()).toBe(1);
  });
});

describe('a relay', () => {
  it('leaves nothing listening and nobody connected when it is closed', async () => {
    const relay = await open();
    const { client, server } = await connected(relay);
    relay.set({ requests: 'hold', replies: 'hold' });
    await relay.close();
    relays = [];
    await until(() => client.ended !== null && server.ended !== null);
    expect(await listens(relay.endpoint)).toBe(false);
  });

  it('refuses an upstream that speaks TLS', async () => {
    await expect(startRelay({ ...peer.endpoint, tls: true })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    const relay = await open();
    expect(() => relay.moveTo({ ...peer.endpoint, tls: true })).toThrow('speaks TLS');
  });
});
