/**
 * Which Java runs the servers that need one: that of JAVA_HOME, else the first on PATH, else what was unpacked into the user's
 * cache folder. Looks only; fetches and starts nothing.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { cacheFolder } from './program-binary.js';
import { reachableFolder, type ServerUser } from './server-user.js';

export interface JavaBinary {
  readonly path: string;
  /** Where it was unpacked with all that is its own, in whose place a copy will do; null where it has to stay. */
  readonly tree: string | null;
}

/** Name of the folder in the user's cache. */
export const cachedJava = 'java';

/** In JAVA_HOME, and in what was unpacked. */
export const javaInHome = join('bin', 'java');

export function findJava(): JavaBinary | null {
  const home = process.env['JAVA_HOME'] ?? '';
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [...(home === '' ? [] : [join(home, javaInHome)]), ...folders.map((folder) => join(folder, 'java'))];
  const path = places.map((place) => resolve(place)).find(isProgram);
  if (path !== undefined) return { path, tree: null };
  const tree = cacheFolder(cachedJava);
  return isProgram(join(tree, javaInHome)) ? { path: join(tree, javaInHome), tree } : null;
}

/** As it is, or a copy below `dir` (which is the server user's) when that user cannot reach it. */
export async function reachableJava(java: JavaBinary, user: ServerUser | null, dir: string): Promise<JavaBinary> {
  if (java.tree === null) return java;
  const tree = await reachableFolder(java.tree, user, dir);
  return { path: join(tree, javaInHome), tree };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
