/**
 * Programs that find what they need beside themselves, and so are kept as a tree. Packages link to other places of the system
 * that they will be on (`/etc`, mostly), where nothing of theirs lies once they are only unpacked.
 */
import { existsSync } from 'node:fs';
import { cp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';

/** Below `root`, absolute links are made to lead to what was unpacked; those that lead nowhere are removed. */
export async function settleLinks(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  for (const link of links) {
    const target = await readlink(link);
    if (!isAbsolute(target)) continue;
    await rm(link);
    await symlink(relative(dirname(link), join(root, target)), link);
  }
  // Only now, for a link may lead to another.
  for (const link of links) {
    if (!existsSync(link)) await rm(link);
  }
}

/** The one folder in `above` that is no link, and whose name is of that form. */
export async function onlyFolder(above: string, form: RegExp): Promise<string | null> {
  const entries = await readdir(above, { withFileTypes: true }).catch(() => []);
  const found = entries.filter((entry) => entry.isDirectory() && form.test(entry.name));
  return found.length === 1 ? join(above, found[0]!.name) : null;
}

/** With what links lead to in their place, and without what is not needed; `root` has been settled. */
export async function keepTree(from: string, to: string, useless: RegExp): Promise<void> {
  const filter = (path: string): boolean => !useless.test(path.slice(from.length));
  await cp(from, to, { recursive: true, dereference: true, filter });
}
