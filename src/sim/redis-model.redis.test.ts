/** The model of a script, and of each command, answers as a real server does to the same random sequence. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Command, LockStrategy, ScriptDecl } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { seededRandom, type Random } from '../base/random.js';
import { openAdmin, type Admin } from '../clients/admin.js';
import { openNodes, type NodeSet } from '../clients/open.js';
import { settings } from '../clients/testing.js';
import { channelPrefix } from '../kit/fair-lua.js';
import { fairKeys, fairScripts } from '../kit/fair-scripts.js';
import { evalSha, withSource } from '../kit/scripts.js';
import { findRedis } from '../servers/redis-binary.js';
import { startRedis, type RedisProcess } from '../servers/redis-process.js';
import { makeRunFolder, removeRunFolder } from '../servers/run-folder.js';
import { RedisModel } from './redis-model.js';

const callTimeoutMs = 5000;
const rounds = 400;
/** The real server's clock runs on between two commands; the model's stands still. */
const pttlToleranceMs = 5000;
/** Long enough not to run out within the test, and lengths that end at once. */
const lengthsMs = [60_000, 90_000, 0, -5];
const keys = ['{t}a', '{t}b', '{t}c'];
const tokens = ['one', 'two', '', 'three:ü', '7', '70000'];

/** Sessions that hear of a grant, and one that does not. */
const hearing = ['live1', 'live2'];
const sessions = [...hearing, 'deaf'];
/** Of sessions that are alive, and of one whose time is over. */
const lapsesMs = [60_000, 60_000, -5];

const strategies = await listPlugins<LockStrategy>('strategy');
const fair: ReadonlySet<ScriptDecl> = new Set(fairScripts);
const scripts = [...new Set(strategies.flatMap(({ scripts: declared }) => declared ?? []))].filter(
  (script) => !fair.has(script),
);

const folder = makeRunFolder();
let server: RedisProcess;
let admin: Admin;
let subscribed: NodeSet;

beforeAll(async () => {
  const binary = findRedis();
  if (binary === null) throw new Error('these tests need a redis-server');
  server = await startRedis({ binary, dir: folder, name: 'model', persistence: 'none' });
  admin = await openAdmin(server.endpoint, callTimeoutMs);
  subscribed = await openNodes('ioredis', [server.endpoint], settings);
  for (const session of hearing) {
    await new Promise<void>((resolve) => {
      subscribed.nodes[0].subscribe(
        channelPrefix + session,
        () => {},
        () => resolve(),
      );
    });
  }
});

afterAll(async () => {
  admin?.close();
  await subscribed?.close();
  await server?.stop();
  removeRunFolder(folder);
});

async function fromServer({ name, args }: Command): Promise<unknown> {
  return admin.call(name, ...args).catch((error: Error) => error.message.replace(/^(\w+) .*$/s, 'refused: $1'));
}

function fromModel(model: RedisModel, command: Command): unknown {
  const result = model.execute(command);
  return 'error' in result ? `refused: ${result.error.code}` : result.reply;
}

/** A script may answer with a PTTL, or with one among others. */
function isTimeLeft(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => one === b[i] || isTimeLeft(one, b[i]));
  return (
    Math.min(...lengthsMs.filter((ms) => ms > 0)) - pttlToleranceMs < Number(b) &&
    Math.abs(Number(a) - Number(b)) < pttlToleranceMs
  );
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)];
}

function randomCommand(random: Random, script: ScriptDecl | null): Command {
  const [key, token, lengthMs] = [pick(keys, random), pick(tokens, random), pick(lengthsMs, random)];
  if (script !== null && fair.has(script)) return fairCommand(random, script);
  if (script !== null && random() < 0.4) {
    const others = Array.from({ length: script.keys - 1 }, () => pick(keys, random));
    const args = [script.keys, key, ...others, token, lengthMs];
    return random() < 0.7
      ? { name: 'EVALSHA', args: [script.sha, ...args], script }
      : { name: 'EVAL', args: [script.lua, ...args], script };
  }
  return pick<Command>(
    [
      { name: 'SET', args: [key, token, 'NX', 'PX', lengthMs] },
      { name: 'SET', args: [key, token, 'PX', lengthMs] },
      { name: 'SET', args: [key, token] },
      { name: 'SETNX', args: [key, token] },
      { name: 'GET', args: [key] },
      { name: 'DEL', args: [key, pick(keys, random)] },
      { name: 'PEXPIRE', args: [key, lengthMs] },
      { name: 'SCRIPT', args: ['FLUSH'] },
      ...(script === null ? [] : [{ name: 'SCRIPT', args: ['LOAD', script.lua], script }]),
    ],
    random,
  );
}

/** Everything that they may be asked on any of the locks, at any time. */
function fairCommand(random: Random, script: ScriptDecl): Command {
  const tokens = ['aa', 'bb', 'cc'];
  const [token, session] = [pick(tokens, random), pick(sessions, random)];
  const [ticket, lapseMs] = [pick([1, 2, 3, 4, 5], random), pick(lapsesMs, random)];
  const ttlMs = session === hearing[0] ? 60_000 : 90_000;
  const place = (of: string, number = pick([1, 2], random)): string => `${of}:${number}:${session}:${ttlMs}`;
  const placesOf = (of: string): string[][] => [[], [place(of)], [place(of, 1), place(of, 2)]];
  const others = tokens.filter((one) => one !== token);
  const heir = pick(others, random);
  const givenBack = pick([[], [token], [token, pick(others, random)], tokens], random);
  const given = [givenBack.length, ...givenBack, ...pick(placesOf(token), random)];
  const some = (count: number): string[] => Array.from({ length: count }, () => place(pick(tokens, random)));
  const args: Readonly<Record<string, readonly (string | number)[]>> = {
    'take-or-queue': [
      token,
      ttlMs,
      place(token),
      session,
      ticket,
      pick([0, 1], random),
      pick([lapseMs, lapseMs, 0], random),
      pick([0, 1], random),
    ],
    'leave-and-grant': given,
    'hand-on': [heir, ttlMs, place(heir), ...given],
    'look-after': [session, lapseMs, ...some(pick([0, 1, 3], random)).flatMap((one) => [pick([1, 3, 6], random), one])],
    'yield-to-earlier': [token, place(token), session, ticket, lapseMs],
  };
  const command = evalSha(script, ...fairKeys(pick(keys, random)), ...args[script.name]);
  return random() < 0.7 ? command : withSource(command);
}

const cases = [
  ['plain commands', [null]] as const,
  ...scripts.map((script) => [script.name, [script]] as const),
  ['a lock with a queue', [...fairScripts, null]] as const,
];

it.each(cases)('%s: model and server agree', async (name, some) => {
  const random = seededRandom(1, name);
  const onPublish = (channel: string): number => Number(hearing.some((session) => channel === channelPrefix + session));
  const model = new RedisModel(() => 0, undefined, false, onPublish);
  await admin.call('FLUSHALL');
  await admin.call('SCRIPT', 'FLUSH');
  for (let round = 0; round < rounds * some.length; round += 1) {
    const command = randomCommand(random, pick<ScriptDecl | null>(some, random));
    const [told, expected] = [fromModel(model, command), await fromServer(command)];
    const alike = isTimeLeft(told, expected) ? expected : told;
    expect([round, command.name, command.args, alike]).toEqual([round, command.name, command.args, expected]);
    for (const key of keys) {
      expect(fromModel(model, { name: 'GET', args: [key] })).toBe(await admin.call('GET', key));
      const [modelMs, serverMs] = [fromModel(model, { name: 'PTTL', args: [key] }), await admin.call('PTTL', key)];
      expect(Math.abs(Number(modelMs) - Number(serverMs))).toBeLessThan(Number(modelMs) < 0 ? 1 : pttlToleranceMs);
      const [, queue, lives] = fairKeys(key);
      for (const read of [
        { name: 'ZRANGE', args: [queue, 0, -1, 'WITHSCORES'] },
        { name: 'HKEYS', args: [lives] },
      ])
        expect([round, fromModel(model, read)]).toEqual([round, await fromServer(read)]);
    }
  }
});
