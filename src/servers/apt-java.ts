/** Java from the packages of Debian or Ubuntu; `apt-packages.ts` tells how. */
import { join } from 'node:path';
import { call, fetchPackages } from './apt-packages.js';
import { keepTree, onlyFolder, settleLinks } from './apt-trees.js';
import { cachedJava, javaInHome } from './java-binary.js';
import { noJava } from './no-zookeeper.js';

/** What comes along where a JDK is installed, and is for compiling. */
const forCompiling = /\/(jmods|ct\.sym|src\.zip)$/;

/** Rejects with NO_SERVER when it cannot be done here. */
export async function unpackJava(): Promise<{ readonly path: string }> {
  const path = await fetchPackages({
    cacheName: cachedJava,
    packages: ['default-jre-headless'],
    meant: /^openjdk-\d+-jre-headless$/,
    libraries: [],
    keep,
    none: noJava,
  });
  return { path };
}

/** It finds its files from where it lies; those that an administrator may change are in /etc. */
async function keep(root: string, ready: string, staging: string): Promise<void> {
  await settleLinks(root);
  const home = await onlyFolder(join(root, 'usr/lib/jvm'), /^java-.*openjdk/);
  if (home === null) throw new Error('the packages hold no Java, or several');
  await keepTree(home, ready, forCompiling);
  await call(join(ready, javaInHome), ['-version'], staging);
}
