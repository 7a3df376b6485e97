/** The server program redis-server, or valkey-server. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Persistence } from '../contract/index.js';
import { askProcessId } from './own-answer.js';
import { withLibraries } from './program-binary.js';
import type { RedisBinary } from './redis-binary.js';
import { serverArgs } from './server-args.js';
import { startServer, type ServerOptions, type ServerProcess, type ServerProgram } from './server-process.js';
import { handOver, reachableBinary } from './server-user.js';

export interface StartOptions extends ServerOptions {
  readonly binary: RedisBinary;
  readonly persistence: Persistence;
  readonly extraArgs?: readonly string[];
  /** Makes it a sentinel, which keeps no data: the configuration that it begins with, and goes on writing itself. */
  readonly sentinel?: string;
  /** Asked of clients; the endpoint carries it. */
  readonly password?: string;
  /** Beside what every server gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export type RedisProcess = ServerProcess;

const host = '127.0.0.1';
const sentinelFileName = 'sentinel.conf';

export async function startRedis(options: StartOptions): Promise<RedisProcess> {
  const binary = await reachableBinary(options.binary, handOver(options.dir), options.dir);
  return startServer(redisProgram({ ...options, binary }), options);
}

function redisProgram({ binary, persistence, sentinel, extraArgs = [], password, env }: StartOptions): ServerProgram {
  return {
    path: binary.path,
    hint: 'Run that program by hand to see what it lacks, or name another one: BENCH_REDIS_SERVER=/path/to/redis-server.',
    args: ({ port, folder }) => [
      ...(sentinel === undefined ? [] : [sentinelFile(folder, sentinel)]),
      '--port',
      String(port),
      '--bind',
      host,
      '--dir',
      folder,
      ...(sentinel === undefined ? serverArgs(persistence) : ['--sentinel']),
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...extraArgs,
    ],
    env: () => ({ ...withLibraries(binary.libraryPath), ...env }),
    ask: ({ port }, limitMs) => askProcessId(host, port, password ?? null, limitMs),
    startLimitMs: 10_000,
    portTaken: /address already in use/i,
    isOwnLine: (line, pid) => !/^\d+:/.test(line) || line.startsWith(`${pid}:`),
    ...(password === undefined ? {} : { login: { password } }),
  };
}

/** What an earlier attempt on another port has made of it is no use. */
function sentinelFile(folder: string, text: string): string {
  const path = join(folder, sentinelFileName);
  writeFileSync(path, text);
  handOver(path);
  return path;
}
