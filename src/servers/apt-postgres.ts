/** PostgreSQL from the packages of Debian or Ubuntu; `apt-packages.ts` tells how. Its tools for clusters are not kept. */
import { basename, join } from 'node:path';
import { call, fetchPackages, filesBelow, keepLibraries } from './apt-packages.js';
import { keepTree, onlyFolder, settleLinks } from './apt-trees.js';
import { noPostgres } from './no-postgres.js';
import { cachedPostgres, inTree, postgresIn } from './postgres-binary.js';
import { withLibraries } from './program-binary.js';

/** What compiles queries at run time is switched off, and larger than all the rest. */
const compiler = /\/(bitcode|llvmjit[^/]*|libLLVM[^/]*)$/;

/** Rejects with NO_SERVER when it cannot be done here. */
export async function unpackPostgres(): Promise<{ readonly path: string }> {
  const path = await fetchPackages({
    cacheName: cachedPostgres,
    packages: ['postgresql'],
    meant: /^postgresql-\d+$/,
    libraries: ['libpq5'],
    keep,
    none: noPostgres,
  });
  return { path };
}

/** The programs find their files by the way from the one folder to the other. */
async function keep(root: string, ready: string, staging: string): Promise<void> {
  await settleLinks(root);
  const programs = await onlyFolder(join(root, 'usr', inTree.programs), /^\d+$/);
  if (programs === null) throw new Error('the packages hold no PostgreSQL, or several');
  const version = basename(programs);
  await keepTree(programs, join(ready, inTree.programs, version), compiler);
  await keepTree(join(root, 'usr', inTree.files, version), join(ready, inTree.files, version), compiler);
  const others = (await filesBelow(root, true)).filter((file) => !file.startsWith(programs) && !compiler.test(file));
  await keepLibraries(others, join(ready, inTree.libraries));
  const found = postgresIn(ready);
  if (found === null) throw new Error('the packages hold no programs postgres and initdb');
  for (const program of [found.postgres, found.initdb])
    await call(program, ['--version'], staging, withLibraries(found.libraryPath));
}
