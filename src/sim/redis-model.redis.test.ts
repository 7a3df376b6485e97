/** The model of a script, and of each command, answers as a real server does to the same random sequence. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Command, LockStrategy, ScriptDecl } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { seededRandom, type Random } from '../base/random.js';
import { openAdmin, type Admin } from '../clients/admin.js';
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

const strategies = await listPlugins<LockStrategy>('strategy');
const scripts = [...new Set(strategies.flatMap(({ scripts: declared }) => declared ?? []))];

const folder = makeRunFolder();
let server: RedisProcess;
let admin: Admin;

beforeAll(async () => {
  const binary = findRedis();
  if (binary === null) throw new Error('these tests need a redis-server');
  server = await startRedis({ binary, dir: folder, name: 'model', persistence: 'none' });
  admin = await openAdmin(server.endpoint, callTimeoutMs);
});

afterAll(async () => {
  admin?.close();
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

/** A script may answer with a PTTL. */
function isTimeLeft(a: unknown, b: unknown): boolean {
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

const cases = [null, ...scripts].map((script) => [script?.name ?? 'plain commands', script] as const);

it.each(cases)('%s: model and server agree', async (name, script) => {
  const random = seededRandom(1, name);
  const model = new RedisModel(() => 0);
  await admin.call('FLUSHALL');
  await admin.call('SCRIPT', 'FLUSH');
  for (let round = 0; round < rounds; round += 1) {
    const command = randomCommand(random, script);
    const [told, expected] = [fromModel(model, command), await fromServer(command)];
    const alike = isTimeLeft(told, expected) ? expected : told;
    expect([round, command.name, command.args, alike]).toEqual([round, command.name, command.args, expected]);
    for (const key of keys) {
      expect(fromModel(model, { name: 'GET', args: [key] })).toBe(await admin.call('GET', key));
      const [modelMs, serverMs] = [fromModel(model, { name: 'PTTL', args: [key] }), await admin.call('PTTL', key)];
      expect(Math.abs(Number(modelMs) - Number(serverMs))).toBeLessThan(Number(modelMs) < 0 ? 1 : pttlToleranceMs);
    }
  }
});
