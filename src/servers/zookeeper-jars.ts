/**
 * Which ZooKeeper to start: the folder named by BENCH_ZOOKEEPER, else Debian's jars, else what was unpacked into the user's
 * cache folder. Looks only; fetches and starts nothing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LockbenchError } from '../contract/index.js';
import { findJava, reachableJava, type JavaBinary } from './java-binary.js';
import { cacheFolder } from './program-binary.js';
import { reachableFolder, type ServerUser } from './server-user.js';

export interface ZookeeperJars {
  readonly java: JavaBinary;
  /** As it is given to `java -cp`. */
  readonly classPath: string;
  /** Where all the jars lie, in whose place a copy will do; null where they have to stay. */
  readonly folder: string | null;
  /** Where the jars were found, for `bench doctor`. */
  readonly origin: 'BENCH_ZOOKEEPER' | 'the Debian package' | 'cache';
}

type Missing = { readonly missing: 'java' | 'jars' };

/** Name of the folder in the user's cache. */
export const cachedZookeeper = 'zookeeper';

const debianJar = '/usr/share/java/zookeeper.jar';
const serverJar = /^zookeeper-?[\d.]*\.jar$/;

/** Throws when BENCH_ZOOKEEPER names a folder without it. */
export function findZookeeper(): ZookeeperJars | Missing {
  const java = findJava();
  const jars = findJars();
  if (jars === null) return { missing: 'jars' };
  return java === null ? { missing: 'java' } : { java, ...jars };
}

function findJars(): Omit<ZookeeperJars, 'java'> | null {
  const named = process.env['BENCH_ZOOKEEPER'];
  if (named !== undefined && named !== '') {
    // A release has its jars in lib/.
    const folder = [named, join(named, 'lib')].find(hasServer);
    if (folder !== undefined) return { ...allIn(resolve(folder)), origin: 'BENCH_ZOOKEEPER' };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `BENCH_ZOOKEEPER is ${named}, and there is no zookeeper.jar or zookeeper-VERSION.jar in it or in its lib/`,
      'Set it to the folder of an unpacked release of ZooKeeper, or unset it.',
    );
  }
  // Its manifest names all that it needs.
  if (existsSync(debianJar)) return { classPath: debianJar, folder: null, origin: 'the Debian package' };
  const cached = cacheFolder(cachedZookeeper);
  // What the machine had is named by the manifest, and was not unpacked.
  return hasServer(cached) ? { ...allIn(cached), origin: 'cache' } : null;
}

function allIn(folder: string): Pick<ZookeeperJars, 'classPath' | 'folder'> {
  return { classPath: join(folder, '*'), folder };
}

/** As they are, or copies below `dir` (which is the server user's) when that user cannot reach them. */
export async function reachableJars(jars: ZookeeperJars, user: ServerUser | null, dir: string): Promise<ZookeeperJars> {
  const java = await reachableJava(jars.java, user, dir);
  if (jars.folder === null) return { ...jars, java };
  return { ...jars, java, ...allIn(await reachableFolder(jars.folder, user, dir)) };
}

function hasServer(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => serverJar.test(name));
  } catch {
    return false;
  }
}
