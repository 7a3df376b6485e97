/** For the tests of this folder and of `src/relay/`: real servers, and short ways to ask. */
import { readFileSync } from 'node:fs';
import { delay, nowMs } from '../base/clock.js';
import type { Command, Failure, Lane, RedisNode, Reply } from '../contract/index.js';
import { findRedis } from '../servers/redis-binary.js';
import { startRedis, type RedisProcess } from '../servers/redis-process.js';
import { makeRunFolder, removeRunFolder } from '../servers/run-folder.js';
import type { NodeEndpoint } from './endpoint.js';
import type { ClientSettings } from './open.js';

export const clients = ['ioredis', 'node-redis', 'pipelined'] as const;

export const settings: ClientSettings = { connectTimeoutMs: 1_000, scripts: [], readyWaitMs: 5_000 };

/** Long enough never to matter, short enough to fail a test. */
export const patientMs = 10_000;

export interface TestServer {
  readonly endpoint: NodeEndpoint;
  /** Of the first process. */
  readonly pid: number;
  /** SIGSTOP, and waits until it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGKILL, and waits until it is gone. */
  crash(): Promise<void>;
  /** After a crash: an empty server on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(password?: string): Promise<TestServer> {
  const binary = findRedis();
  if (binary === null) throw new Error('these tests need a redis-server');
  const dir = makeRunFolder();
  const login = password === undefined ? {} : { password };
  const start = (name: string, nextPort?: () => number): Promise<RedisProcess> =>
    startRedis({ binary, dir, name, persistence: 'none', ...login, ...(nextPort === undefined ? {} : { nextPort }) });
  const first = await start('first');
  let now = first;
  const crash = async (): Promise<void> => {
    now.kill('SIGKILL');
    await now.exited;
  };
  return {
    endpoint: first.endpoint,
    pid: first.pid,
    freeze: async () => {
      now.kill('SIGSTOP');
      await standsStill(now.pid);
    },
    thaw: () => now.kill('SIGCONT'),
    crash,
    restart: async () => {
      now = await start('again', () => first.endpoint.port);
    },
    stop: async () => {
      await crash();
      removeRunFolder(dir);
    },
  };
}

/** The signal is on its way when kill returns; a command could still overtake it. */
async function standsStill(pid: number): Promise<void> {
  if (process.platform !== 'linux') await delay(100);
  else await until(() => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

interface Answer {
  readonly tag: number;
  readonly failure: Failure | null;
  readonly reply: Reply;
}

export function ask(lane: Lane, name: string, ...args: readonly (string | number)[]): Promise<Answer> {
  return askWithin(lane, patientMs, { name, args });
}

export function askWithin(lane: Lane, timeoutMs: number, command: Command, tag = 0): Promise<Answer> {
  return new Promise((resolve) => {
    lane.send(command, timeoutMs, tag, (told, failure, reply) => resolve({ tag: told, failure, reply }));
  });
}

export function askGroup(lane: Lane, timeoutMs: number, commands: readonly Command[]): Promise<Answer> {
  return new Promise((resolve) => {
    lane.group(commands, timeoutMs, 0, (tag, failure, reply) => resolve({ tag, failure, reply }));
  });
}

/** The reply, of a command that must not fail. */
export async function tell(lane: Lane, name: string, ...args: readonly (string | number)[]): Promise<Reply> {
  const { failure, reply } = await ask(lane, name, ...args);
  if (failure !== null) throw new Error(`${name}: ${failure.code} ${failure.message}`);
  return reply;
}

/** Resolves when the shared lane is up with at least this incarnation. */
export function incarnationOf(node: RedisNode, atLeast: number): Promise<void> {
  return until(() => node.shared.up && node.shared.incarnation >= atLeast);
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = nowMs() + patientMs;
  while (!(await condition())) {
    if (nowMs() > limitMs) throw new Error(`not so within ${patientMs} ms: ${condition.toString()}`);
    await delay(2);
  }
}

/** How often the server has executed a command since it started. */
export async function callsOf(lane: Lane, name: string): Promise<number> {
  const stats = String(await tell(lane, 'INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
