/** `bench doctor --install`: server programs that are missing, unpacked into the user's cache folder; nothing system-wide. */
import { unpackEtcd } from '../servers/apt-etcd.js';
import { unpackJava } from '../servers/apt-java.js';
import { unpackPostgres } from '../servers/apt-postgres.js';
import { unpackRedis } from '../servers/apt-redis.js';
import { unpackZookeeper } from '../servers/apt-zookeeper.js';
import { findEtcd } from '../servers/etcd-binary.js';
import { findJava } from '../servers/java-binary.js';
import { findPostgres } from '../servers/postgres-binary.js';
import { findRedis } from '../servers/redis-binary.js';
import { findZookeeper } from '../servers/zookeeper-jars.js';
import { print } from './terminal-output.js';

const programs = [
  { name: 'Redis', find: findRedis, unpack: unpackRedis },
  { name: 'PostgreSQL', find: findPostgres, unpack: unpackPostgres },
  { name: 'etcd', find: findEtcd, unpack: unpackEtcd },
  { name: 'ZooKeeper', find: jarsOfZookeeper, unpack: unpackZookeeper },
  { name: 'Java', find: findJava, unpack: unpackJava },
] as const;

/** One that cannot be had does not keep the others away: what follows tells that it is missing, and of other ways. */
export async function installMissing(): Promise<void> {
  for (const { name, find, unpack } of programs) {
    if (find() !== null) continue;
    try {
      const { path } = await unpack();
      await print(`${name} was unpacked: ${path}\n`);
    } catch (error) {
      await print(`${(error as Error).message}\n`);
    }
  }
}

/** Without Java they are of no use, but it is another matter. */
function jarsOfZookeeper(): unknown {
  const found = findZookeeper();
  return 'missing' in found && found.missing === 'jars' ? null : found;
}
