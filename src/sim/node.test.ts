import { beforeEach, describe, expect, it } from 'vitest';
import type { Command, Failure, Lane, Reply } from '../contract/index.js';
import { CancelSource, noCancel } from '../base/cancel.js';
import { compareAndDelete, evalSha } from '../kit/scripts.js';
import { EventLoop } from './event-loop.js';
import { SimNode } from './node.js';
import { SimServer } from './server.js';
import type { Link } from './wire.js';
import { World } from './world.js';

const link: { -readonly [K in keyof Link]: Link[K] } = {
  delayMs: [1, 2],
  slow: { chance: 0, delayMs: [0, 0] },
  loseRequest: 0,
  loseReply: 0,
  reconnectMs: [10, 10],
};
const ping: Command = { name: 'PING', args: [] };
const get: Command = { name: 'GET', args: ['k'] };

interface Answer {
  readonly tag: number;
  readonly failure: Failure | null;
  readonly reply: Reply;
  readonly atMs: number;
}

let world: World;
let server: SimServer;
let loop: EventLoop;
let node: SimNode;
let answers: Answer[];

beforeEach(async () => {
  world = new World(7, true);
  Object.assign(link, { loseRequest: 0, loseReply: 0 });
  const clock = { rate: 1, offsetMs: 0 };
  server = new SimServer(world, 'n0', {
    clock,
    replicaMs: [
      [5, 5],
      [20, 20],
    ],
    readOnly: false,
  });
  loop = new EventLoop(world, 'w0', world.random);
  node = new SimNode(3, { world, loop, server, link, scripts: [compareAndDelete], onWrite: () => {} });
  answers = [];
  await world.run(() => node.shared.up);
});

const send = (command: Command, timeoutMs = 50, lane: Lane = node.shared, tag = answers.length): void =>
  lane.send(command, timeoutMs, tag, (given, failure, reply) =>
    answers.push({ tag: given, failure, reply, atMs: world.nowMs() }),
  );
const answered = (count: number): Promise<boolean> => world.run(() => answers.length >= count);
const forMs = async (ms: number): Promise<void> => {
  let over = false;
  world.after(ms, () => (over = true));
  await world.run(() => over);
};

describe('a lane', () => {
  it('is up, on its first incarnation, with the scripts loaded', async () => {
    expect([node.shared.up, node.shared.incarnation]).toEqual([true, 1]);
    send(evalSha(compareAndDelete, 'k', 'a'));
    await answered(1);
    expect(answers[0]).toMatchObject({ failure: null, reply: 0 });
  });

  it('answers in the order of sending, each once, never at once, and with its tag', async () => {
    for (let tag = 0; tag < 20; tag += 1) send(ping, 50, node.shared, tag);
    expect(answers).toEqual([]);
    await answered(20);
    await forMs(100);
    expect(answers.map(({ tag }) => tag)).toEqual(Array.from({ length: 20 }, (_, tag) => tag));
  });

  it('answers TIMEOUT from the write on, swallows the late reply, and is settled when that is in', async () => {
    server.freeze();
    const sentMs = world.nowMs();
    send({ name: 'SETNX', args: ['k', 'a'] });
    await answered(1);
    expect(answers[0].failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    expect(answers[0].atMs - sentMs).toBeGreaterThanOrEqual(50);
    let settled = false;
    void node.shared.settled().then(() => (settled = true));
    await forMs(100);
    expect([settled, server.model.get('k')]).toEqual([false, null]);
    server.thaw();
    await world.run(() => settled);
    await forMs(100);
    expect([settled, server.model.get('k'), answers.length]).toEqual([true, 'a', 1]);
  });

  it('answers RESET to all that a broken connection owed, then DOWN at once, and comes back as another incarnation', async () => {
    const seen: [number, boolean][] = [];
    node.onIncarnation((incarnation, up) => seen.push([incarnation, up]));
    server.freeze();
    send(ping);
    send(ping);
    server.kill();
    await answered(2);
    expect(answers.map(({ failure }) => failure?.code)).toEqual(['RESET', 'RESET']);
    expect(node.shared.up).toBe(false);
    send(ping);
    expect(answers.length).toBe(2);
    await answered(3);
    expect(answers[2].failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    server.thaw();
    server.start(true);
    await world.run(() => node.shared.up);
    expect([seen[0], seen.at(-1), node.shared.incarnation]).toEqual([[1, false], [2, true], 2]);
  });

  it('loses a request, or a reply, only with the connection', async () => {
    link.loseReply = 1;
    send({ name: 'SETNX', args: ['k', 'a'] });
    await answered(1);
    expect([answers[0].failure?.code, server.model.get('k')]).toEqual(['RESET', 'a']);
    Object.assign(link, { loseReply: 0 });
    await world.run(() => node.shared.up);
    link.loseRequest = 1;
    send({ name: 'DEL', args: ['k'] });
    await answered(2);
    expect([answers[1].failure?.code, server.model.get('k')]).toEqual(['RESET', 'a']);
  });

  it('answers a group with all replies, or with its first failure', async () => {
    const done = (tag: number, failure: Failure | null, reply: Reply): void =>
      void answers.push({ tag, failure, reply, atMs: world.nowMs() });
    node.shared.group([{ name: 'SETNX', args: ['k', 'a'] }, get], 50, 1, done);
    node.shared.group([get, { name: 'NONE', args: [] }, { name: 'SCRIPT', args: ['LOAD'] }], 50, 2, done);
    await answered(2);
    expect(answers[0]).toMatchObject({ tag: 1, failure: null, reply: [1, 'a'] });
    expect(answers[1]).toMatchObject({ tag: 2, failure: { code: 'ERR', fate: 'maybe-executed' }, reply: null });
  });

  it('hears nothing while its event loop is paused, and everything after', async () => {
    send(ping);
    loop.pause(30);
    await forMs(29);
    expect(answers).toEqual([]);
    await forMs(10);
    expect(answers.length).toBe(1);
  });
});

describe('a borrowed lane', () => {
  it('waits for replicas without holding up the shared one', async () => {
    const { lane, giveBack } = await take();
    const set: Command = { name: 'SET', args: ['k', 'a', 'NX', 'PX', 1000] };
    lane.group([set, { name: 'WAIT', args: [2, 10] }], 100, 0, (tag, failure, reply) =>
      answers.push({ tag, failure, reply, atMs: world.nowMs() }),
    );
    send(get, 50, node.shared, 1);
    await answered(2);
    expect(answers.map(({ tag }) => tag)).toEqual([1, 0]);
    expect(answers[1].reply).toEqual(['OK', 1]);
    send({ name: 'WAIT', args: [2, 100] }, 200, lane, 2);
    await answered(3);
    expect(answers[2].reply).toBe(2);
    giveBack();
    expect((await take()).lane).toBe(lane);
  });

  it('is not lent while the node is down, or to one who has cancelled', async () => {
    const cancelled = new CancelSource();
    cancelled.cancel();
    await expect(node.borrow(cancelled)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    server.kill();
    await world.run(() => !node.shared.up);
    await expect(node.borrow(noCancel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  async function take(): ReturnType<SimNode['borrow']> {
    const lent: Awaited<ReturnType<SimNode['borrow']>>[] = [];
    void node.borrow(noCancel).then((one) => lent.push(one));
    await world.run(() => lent.length > 0);
    return lent[0];
  }
});

describe('a subscription', () => {
  it('is live, hears what is published, and tells of the gap', async () => {
    const heard: string[] = [];
    const stop = node.subscribe(
      'free',
      (payload) => heard.push(payload),
      (state) => heard.push(state),
    );
    await world.run(() => heard.length > 0);
    send({ name: 'PUBLISH', args: ['free', 'k'] });
    await answered(1);
    await forMs(10);
    expect([answers[0].reply, heard]).toEqual([1, ['live', 'k']]);
    server.kill();
    server.start(true);
    await world.run(() => heard.length >= 4);
    expect(heard.slice(2)).toEqual(['gap', 'live']);
    stop();
    send({ name: 'PUBLISH', args: ['free', 'k'] });
    await forMs(100);
    expect(heard.length).toBe(4);
  });
});

describe('a world', () => {
  it('has an end', async () => {
    const again = (): void => void world.after(0, again, true);
    again();
    await expect(world.run(() => false)).rejects.toThrow(/did not end/);
  });
});
