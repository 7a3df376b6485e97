/** `bench doctor`: what this machine can do, and what to do about what is missing. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { exitCodes } from '../contract/index.js';
import { machineTimes, threadTimes } from '../base/thread-times.js';
import { runOptions } from '../plan/run-options.js';
import { dockerEngine } from '../servers/docker-engine.js';
import { etcdVersion, findEtcd } from '../servers/etcd-binary.js';
import { noEtcd } from '../servers/no-etcd.js';
import { noPostgres } from '../servers/no-postgres.js';
import { noRedis } from '../servers/no-redis.js';
import { missingWords, noZookeeper } from '../servers/no-zookeeper.js';
import { clockShimAvailable, fsyncShimAvailable } from '../servers/provision.js';
import { findPostgres } from '../servers/postgres-binary.js';
import { withLibraries } from '../servers/program-binary.js';
import { findRedis } from '../servers/redis-binary.js';
import { findZookeeper } from '../servers/zookeeper-jars.js';
import type { Args } from './args.js';
import { installMissing } from './install.js';
import { print } from './terminal-output.js';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** Seven letters; missing unless told otherwise. */
  readonly mark?: string;
  readonly detail: string;
  readonly remedy?: string;
}

export async function doctorCommand(args: Args): Promise<number> {
  if (args['install'] === true) await installMissing();
  const redis = findRedis();
  const docker = await dockerEngine();
  const findings: Finding[] = [
    nodeVersion(),
    {
      what: 'redis-server',
      ok: redis !== null,
      detail: redis === null ? 'none found' : `${redis.path} ${versionOf(redis.path, redis.libraryPath)}`,
      remedy: noRedis('').hint,
    },
    postgres(),
    etcd(),
    zookeeper(),
    {
      what: 'Docker engine',
      ok: docker.available,
      detail: docker.reason,
      remedy: 'only needed for --servers container',
    },
    resultsFolder(),
    {
      what: 'cores',
      ok: availableParallelism() >= 4,
      mark: 'few    ',
      detail: `${availableParallelism()}`,
      remedy:
        'servers and workers share them: latencies include waiting for a core; compare designs, do not quote absolute figures',
    },
    shims(),
    {
      what: 'CPU accounting',
      ok: machineTimes() !== null && threadTimes() !== null,
      detail:
        machineTimes() !== null && threadTimes() !== null
          ? '/proc tells CPU time and run-queue wait'
          : 'not told by this system',
      remedy: 'reports will not say what limited a run',
    },
  ];
  const lines = findings.map(
    ({ what, ok, mark, detail, remedy }) =>
      `${ok ? 'ok     ' : (mark ?? 'missing')}  ${what.padEnd(16)} ${detail}${ok || remedy === undefined ? '' : `\n${' '.repeat(26)}${remedy.replaceAll('\n', `\n${' '.repeat(26)}`)}`}`,
  );
  await print(`${lines.join('\n')}\n`);
  return redis !== null || docker.available ? exitCodes.ok : exitCodes.environment;
}

/** For designs on it; the others do without. */
function postgres(): Finding {
  const remedy = `only designs on PostgreSQL need it\n${noPostgres('').hint}`;
  try {
    const found = findPostgres();
    const detail =
      found === null
        ? 'none found'
        : `${found.postgres} ${versionOf(found.postgres, found.libraryPath)} (${found.origin})`;
    return { what: 'PostgreSQL', ok: found !== null, detail, remedy };
  } catch (error) {
    return { what: 'PostgreSQL', ok: false, detail: (error as Error).message, remedy };
  }
}

/** For designs on it; the others do without. */
function etcd(): Finding {
  const remedy = `only designs on etcd need it\n${noEtcd('').hint}`;
  try {
    const found = findEtcd();
    const detail =
      found === null ? 'none found' : `${found.path} ${etcdVersion(found) ?? '(does not start)'} (${found.origin})`;
    return { what: 'etcd', ok: found !== null, detail, remedy };
  } catch (error) {
    return { what: 'etcd', ok: false, detail: (error as Error).message, remedy };
  }
}

/** As with etcd. */
function zookeeper(): Finding {
  const remedy = `only designs on ZooKeeper need it\n${noZookeeper('').hint}`;
  try {
    const found = findZookeeper();
    if ('missing' in found) return { what: 'ZooKeeper', ok: false, detail: missingWords[found.missing], remedy };
    const { java, classPath, origin } = found;
    return { what: 'ZooKeeper', ok: true, detail: `${classPath} (${origin}), run by ${java.path}` };
  } catch (error) {
    return { what: 'ZooKeeper', ok: false, detail: (error as Error).message, remedy };
  }
}

/** What three faults are made of. */
function shims(): Finding {
  const clock = clockShimAvailable();
  const fsync = fsyncShimAvailable();
  const missing = [clock, fsync].flatMap((one) => (one.available ? [] : [one.reason]));
  return {
    what: 'clocks and disks',
    ok: missing.length === 0,
    mark: 'limited',
    detail: missing.length === 0 ? 'the faults clock-jump, clock-drift and power-loss can be had' : missing[0],
    remedy: 'only the faults clock-jump, clock-drift and power-loss need it: install a C compiler',
  };
}

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return {
    what: 'Node',
    ok: major > 20 || (major === 20 && minor >= 19),
    detail: process.version,
    remedy: 'needs 20.19 or newer',
  };
}

function resultsFolder(): Finding {
  const folder = runOptions.out.default as string;
  try {
    accessSync(existsSync(folder) ? folder : '.', constants.W_OK);
    return { what: 'results folder', ok: true, detail: `${folder}/ can be written` };
  } catch (error) {
    return {
      what: 'results folder',
      ok: false,
      detail: (error as Error).message,
      remedy: 'name another with --out DIR',
    };
  }
}

function versionOf(path: string, libraryPath: string | null): string {
  const env = { ...process.env, ...withLibraries(libraryPath) };
  try {
    const told = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 2000, env });
    return /v=(\S+)/.exec(told)?.[1] ?? /\) (\S+)/.exec(told)?.[1] ?? '';
  } catch {
    return '(does not start)';
  }
}
