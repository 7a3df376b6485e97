/** What to do where no ZooKeeper is to be had. */
import type { LockbenchError } from '../contract/index.js';
import { noServer, type Way } from './no-server.js';

const ways: readonly Way[] = [
  ['or, as root', 'sudo apt-get install --no-install-recommends libzookeeper-java default-jre-headless'],
  ['macOS', 'brew install zookeeper   (then BENCH_ZOOKEEPER=$(brew --prefix zookeeper)/libexec)'],
  [
    'Docker',
    'docker compose --profile zookeeper up -d --wait   (or start the engine: containers are used by themselves)',
  ],
  ['another place', 'BENCH_ZOOKEEPER=/folder/of/an/unpacked/release, and Java in JAVA_HOME or on PATH'],
  ['elsewhere', 'bench --zookeeper host:port,...   (servers that run already)'],
];

/** `details` tells what was tried, and why it did not do. */
export function noZookeeper(details: string): LockbenchError {
  return noServer('ZooKeeper', details, ways);
}

const waysToJava: readonly Way[] = [
  ['or, as root', 'sudo apt-get install --no-install-recommends default-jre-headless'],
  ['Fedora', 'sudo dnf install java-21-openjdk-headless'],
  ['macOS', 'brew install openjdk'],
  ['another place', 'JAVA_HOME=/folder/of/it'],
];

/** As above. */
export function noJava(details: string): LockbenchError {
  return noServer('Java', details, waysToJava);
}

export const missingWords = {
  java: 'its jars are here, but no Java in JAVA_HOME, on PATH or in the cache folder',
  jars: 'no zookeeper.jar in BENCH_ZOOKEEPER, in /usr/share/java or in the cache folder',
} as const;
