/** ZooKeeper's jars from the packages of Debian or Ubuntu; `apt-packages.ts` tells how. Java is not among them. */
import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fetchPackages, filesBelow } from './apt-packages.js';
import { noZookeeper } from './no-zookeeper.js';
import { cachedZookeeper } from './zookeeper-jars.js';

/** Of those that come along where Java's logging is not installed yet, two that lead to each other keep a server from starting. */
const aboutLogging = /^(slf4j-(?!api[-.])|[^-]+-(over|to)-slf4j)/;

/** Rejects with NO_SERVER when it cannot be done here. */
export async function unpackZookeeper(): Promise<{ readonly path: string }> {
  const path = await fetchPackages({
    cacheName: cachedZookeeper,
    packages: ['libzookeeper-java'],
    // What it needs to run a server, of what its manifest names.
    libraries: [
      'libcommons-cli-java',
      'libdropwizard-metrics-java',
      'libnetty-java',
      'libslf4j-java',
      'libsnappy-java',
    ],
    async keep(root, ready) {
      const jars = (await filesBelow(root)).filter(
        (file) => file.endsWith('.jar') && !aboutLogging.test(basename(file)),
      );
      if (!jars.some((file) => basename(file) === 'zookeeper.jar'))
        throw new Error('the packages hold no zookeeper.jar');
      await mkdir(ready);
      for (const file of jars) await cp(file, join(ready, basename(file)));
    },
    none: noZookeeper,
  });
  return { path };
}
