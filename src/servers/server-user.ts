/**
 * Servers never run as root. Here is which user they run as instead, and what that user can reach: a folder on the way
 * that it cannot enter (a home folder, mostly) hides everything below.
 */
import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ProgramBinary } from './program-binary.js';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const nobodyElsewhere: ServerUser = { uid: 65534, gid: 65534 };

/** Null when we are an ordinary user ourselves. */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const fields = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(-?\d+):(-?\d+):/m);
  return fields === null ? nobodyElsewhere : { uid: Number(fields[1]) >>> 0, gid: Number(fields[2]) >>> 0 };
}

/**
 * Makes `path` the server user's own, mode 0700. Answers null where the servers have to run as we do: we are no root,
 * or root of a user namespace that knows no other user.
 */
export function handOver(path: string): ServerUser | null {
  const user = serverUser();
  chmodSync(path, 0o700);
  if (user === null) return null;
  try {
    chownSync(path, user.uid, user.gid);
    return user;
  } catch {
    return null;
  }
}

/** Whether `user` may enter the folder or run the file at `path`, and every folder above it, going by the mode bits. */
export function canReach(path: string, user: ServerUser): boolean {
  const { mode, uid, gid } = statSync(path);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & bit) === 0) return false;
  const above = dirname(path);
  return above === path || canReach(above, user);
}

const copies = new Map<string, Promise<ProgramBinary>>();

/** The binary itself, or a copy below `dir` (which is the server user's) when that user cannot reach the original. */
export async function reachableBinary(
  binary: ProgramBinary,
  user: ServerUser | null,
  dir: string,
): Promise<ProgramBinary> {
  if (user === null) return binary;
  const original = await realpath(binary.path).catch(() => null);
  // What is not there at all is told best by the attempt to start it.
  if (original === null || canReach(original, user)) return binary;
  const place = join(dir, 'bin');
  const key = `${place}\n${binary.path}`;
  let copy = copies.get(key);
  if (copy === undefined) copies.set(key, (copy = copyBinary(binary, place)));
  return copy;
}

const copiedFolders = new Map<string, Promise<string>>();

/** The folder itself, or a copy below `dir` (which is the server user's) when that user cannot reach the original. */
export async function reachableFolder(folder: string, user: ServerUser | null, dir: string): Promise<string> {
  if (user === null || canReach(folder, user)) return folder;
  // Not beside the servers' folders, whose names may be the same.
  const place = join(dir, 'programs', basename(folder));
  const key = `${place}\n${folder}`;
  let copy = copiedFolders.get(key);
  if (copy === undefined) copiedFolders.set(key, (copy = copyFolder(folder, place)));
  return copy;
}

async function copyFolder(folder: string, place: string): Promise<string> {
  await cp(folder, place, { recursive: true, dereference: true });
  const above = dirname(place);
  const entries = await readdir(above, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  // Whoever made the original may have kept it to themselves.
  for (const each of [above, ...folders]) chmodSync(each, 0o755);
  return place;
}

async function copyBinary(binary: ProgramBinary, place: string): Promise<ProgramBinary> {
  await mkdir(place, { recursive: true });
  chmodSync(place, 0o755);
  const path = join(place, basename(binary.path));
  await cp(await realpath(binary.path), path);
  chmodSync(path, 0o755);
  if (binary.libraryPath === null) return { ...binary, path };
  const libraryPath = join(place, 'lib');
  await cp(binary.libraryPath, libraryPath, { recursive: true, dereference: true });
  chmodSync(libraryPath, 0o755);
  return { ...binary, path, libraryPath };
}
