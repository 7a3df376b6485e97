import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yieldTurn } from '../base/clock.js';
import type { Command, Failure, Reply } from '../contract/index.js';
import { compareAndDelete, evalSha } from '../kit/scripts.js';
import { maxInFlight } from './lane.js';
import { openNodes } from './open.js';
import type { NodeSet } from './open.js';
import { ask, askGroup, askWithin, clients, patientMs, settings, startServer, tell } from './testing.js';
import type { TestServer } from './testing.js';

describe.each(clients)('a lane on %s', (client) => {
  let server: TestServer;
  let set: NodeSet;
  const lane = () => set.nodes[0]!.shared;

  beforeAll(async () => {
    server = await startServer();
    set = await openNodes(client, [server.endpoint], { ...settings, scripts: [compareAndDelete] });
  });
  afterAll(async () => {
    await set.close();
    await server.stop();
  });

  test.each<[string, Command, Reply]>([
    ['a simple string', { name: 'PING', args: [] }, 'PONG'],
    ['a bulk string', { name: 'ECHO', args: ['héllo €'] }, 'héllo €'],
    ['an empty string', { name: 'ECHO', args: [''] }, ''],
    ['an integer', { name: 'INCRBY', args: ['forms:n', 7] }, 7],
    ['a negative integer', { name: 'PTTL', args: ['forms:none'] }, -2],
    ['nil', { name: 'GET', args: ['forms:none'] }, null],
    ['an array with nil', { name: 'MGET', args: ['forms:n', 'forms:none'] }, ['7', null]],
    ['an empty array', { name: 'KEYS', args: ['forms:none*'] }, []],
    ['nested arrays', { name: 'EVAL', args: ["return {1, {'a', {2, false}}, 'b'}", 0] }, [1, ['a', [2, null]], 'b']],
    ['a status from a script', { name: 'EVAL', args: ["return redis.status_reply('FINE')", 0] }, 'FINE'],
    ['a hash, flat', { name: 'EVAL', args: ["return redis.call('HGETALL', 'forms:none')", 0] }, []],
    ['SET NX that finds the key', { name: 'SET', args: ['forms:n', 'x', 'NX', 'PX', 1000] }, null],
  ])('gives %s in its normal form', async (_, command, expected) => {
    const { failure, reply } = await askWithin(lane(), patientMs, command);
    expect(failure).toBeNull();
    expect(reply).toEqual(expected);
  });

  test('gives replies that a library would transform by name as they are', async () => {
    await tell(lane(), 'hset', 'hash', 'a', '1', 'b', '2');
    expect(await tell(lane(), 'hgetall', 'hash')).toEqual(['a', '1', 'b', '2']);
  });

  test('answers every send exactly once, in order, with its tag, and never before send returns', async () => {
    const calls = new Map<number, number>();
    const order: number[] = [];
    let inSend = false;
    const count = 2_000;
    await new Promise<void>((resolve) => {
      for (let i = 0; i < count; i += 1) {
        inSend = true;
        lane().send({ name: 'ECHO', args: [i] }, patientMs, i, (tag, failure, reply) => {
          expect(inSend).toBe(false);
          expect(failure).toBeNull();
          expect(reply).toBe(String(tag));
          calls.set(tag, (calls.get(tag) ?? 0) + 1);
          order.push(tag);
          if (order.length === count) resolve();
        });
        inSend = false;
      }
    });
    await tell(lane(), 'PING');
    expect([...calls.values()].every((n) => n === 1)).toBe(true);
    expect(order).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test.each<[string, Command, Failure['code'], Failure['fate']]>([
    ['a plain command', { name: 'INCR', args: ['bad:list'] }, 'ERR', 'not-executed'],
    ['an unknown command', { name: 'NOSUCH', args: [] }, 'ERR', 'not-executed'],
    [
      'a script, half way',
      { name: 'EVAL', args: ["redis.call('SET','bad:x','1') return redis.call('INCR','bad:list')", 0] },
      'ERR',
      'maybe-executed',
    ],
    [
      'a script, inside an array',
      { name: 'EVAL', args: ["return {1, {redis.error_reply('ODD inside')}}", 0] },
      'ERR',
      'maybe-executed',
    ],
    ['a script that is not there', { name: 'EVALSHA', args: ['0'.repeat(40), 0] }, 'NOSCRIPT', 'not-executed'],
  ])('tells of an error of %s with its fate', async (_, command, code, fate) => {
    await tell(lane(), 'DEL', 'bad:list');
    await tell(lane(), 'RPUSH', 'bad:list', 'x');
    const { failure } = await askWithin(lane(), patientMs, command);
    expect(failure).toMatchObject({ code, fate });
  });

  test('has the scripts loaded, and says NOSCRIPT, not executed, after SCRIPT FLUSH', async () => {
    const release = evalSha(compareAndDelete, 'scripts:k', 'token');
    expect(await askWithin(lane(), patientMs, release)).toMatchObject({ failure: null, reply: 0 });
    await tell(lane(), 'SCRIPT', 'FLUSH');
    const { failure } = await askWithin(lane(), patientMs, release);
    expect(failure).toMatchObject({ code: 'NOSCRIPT', fate: 'not-executed' });
    await tell(lane(), 'SCRIPT', 'LOAD', compareAndDelete.lua);
  });

  test('says READONLY and OOM, not executed', async () => {
    await tell(lane(), 'CONFIG', 'SET', 'maxmemory', '1');
    const full = await ask(lane(), 'SET', 'oom:k', 'v');
    await tell(lane(), 'CONFIG', 'SET', 'maxmemory', '0');
    expect(full.failure).toMatchObject({ code: 'OOM', fate: 'not-executed' });
    await tell(lane(), 'REPLICAOF', '127.0.0.1', 1);
    const replica = await ask(lane(), 'SET', 'readonly:k', 'v');
    await tell(lane(), 'REPLICAOF', 'NO', 'ONE');
    expect(replica.failure).toMatchObject({ code: 'READONLY', fate: 'not-executed' });
  });

  test('sends a group contiguously, whatever else is sent in the same turn', async () => {
    const before = ask(lane(), 'INCR', 'group:n');
    const group = askGroup(
      lane(),
      patientMs,
      Array.from({ length: 5 }, () => ({ name: 'INCR', args: ['group:n'] })),
    );
    const behind = ask(lane(), 'INCR', 'group:n');
    expect((await before).reply).toBe(1);
    expect(await group).toMatchObject({ failure: null, reply: [2, 3, 4, 5, 6] });
    expect((await behind).reply).toBe(7);
  });

  test('gives the first failure of a group, as maybe executed when another of its commands was', async () => {
    const bad = { name: 'NOSUCH', args: [] };
    const mixed = await askGroup(lane(), patientMs, [{ name: 'SET', args: ['group:k', '1'] }, bad]);
    expect(mixed).toMatchObject({ failure: { code: 'ERR', fate: 'maybe-executed' }, reply: null });
    const none = await askGroup(lane(), patientMs, [bad, bad]);
    expect(none.failure).toMatchObject({ code: 'ERR', fate: 'not-executed' });
    expect(await askGroup(lane(), patientMs, [])).toMatchObject({ failure: null, reply: [] });
  });

  test('answers BUSY, not executed, while a script runs', async () => {
    await tell(lane(), 'CONFIG', 'SET', 'busy-reply-threshold', 5);
    const other = await openNodes(client, [server.endpoint], settings);
    const spin = ask(lane(), 'EVAL', 'while true do end', 0);
    const otherLane = other.nodes[0]!.shared;
    let answer = await ask(otherLane, 'GET', 'busy:k');
    while (answer.failure === null) answer = await ask(otherLane, 'GET', 'busy:k');
    expect(answer.failure).toMatchObject({ code: 'BUSY', fate: 'not-executed' });
    await tell(otherLane, 'SCRIPT', 'KILL');
    expect((await spin).failure).toMatchObject({ code: 'ERR', fate: 'maybe-executed' });
    await other.close();
  });

  test('refuses what is beyond its limit of commands in flight', async () => {
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < maxInFlight; i += 1) answers.push(ask(lane(), 'PING'));
    const { failure } = await ask(lane(), 'PING');
    expect(failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    expect(failure?.message).toContain(String(maxInFlight));
    await Promise.all(answers);
    await yieldTurn();
    expect(await tell(lane(), 'PING')).toBe('PONG');
  });
});
