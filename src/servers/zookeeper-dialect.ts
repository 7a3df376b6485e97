/**
 * ZooKeeper: four-letter words, and the nodes below the root whose names begin with our prefix. Those stand for locks and stay
 * when they are free, as the recipe has it; what is left of a lock are nodes below them. Removed are both.
 */
import type { Admin } from '../clients/admin.js';
import { openZookeeperAdmin } from '../clients/zookeeper-admin.js';
import { modeIn } from '../clients/zookeeper-words.js';
import type { Dialect } from './dialect.js';

const settingNames = ['tickTime', 'initLimit', 'syncLimit', 'minSessionTimeout', 'maxSessionTimeout'] as const;

/** `durability` of servers that are ours; others do not tell. */
export function zookeeperDialect(durability: string): Dialect {
  return {
    openAdmin: openZookeeperAdmin,
    async facts(admin) {
      const about = String(await admin.call('WORD', 'srvr'));
      const configuration = String(await admin.call('WORD', 'conf'));
      const settings = settingNames.map((name) => [name, fieldIn(configuration, name)] as const);
      const mode = modeIn(about) ?? 'not serving';
      return {
        version: `ZooKeeper ${/^Zookeeper version: ([\d.]+)/m.exec(about)?.[1] ?? 'of unknown version'}`,
        mode,
        settings: {
          ...Object.fromEntries(settings),
          durability: mode === 'standalone' ? durability.replace(/^quorum,? /, '') : durability,
        },
      };
    },
    cpuMs: () => Promise.resolve(NaN),
    leads: async (admin) => ['leader', 'standalone'].includes(String(await admin.call('ROLE'))),
    async keysWith(prefix, admin) {
      const left: string[] = [];
      for (const lock of await locksWith(prefix, admin))
        for (const node of await childrenOf(lock, admin)) left.push(`${lockIn(lock.slice(1))}/${node}`);
      return left;
    },
    async removeKeysWith(prefix, admin) {
      for (const lock of await locksWith(prefix, admin)) {
        for (const node of await childrenOf(lock, admin)) await admin.call('DELETE', `${lock}/${node}`);
        await admin.call('DELETE', lock);
      }
    },
  };
}

async function locksWith(prefix: string, admin: Admin): Promise<readonly string[]> {
  const names = (await childrenOf('/', admin)).filter((name) => lockIn(name).startsWith(prefix));
  return names.map((name) => `/${name}`);
}

/** Names of locks are percent-encoded in those of nodes. */
function lockIn(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not one of ours.
    return '';
  }
}

async function childrenOf(path: string, admin: Admin): Promise<readonly string[]> {
  return (await admin.call('CHILDREN', path)) as readonly string[];
}

function fieldIn(configuration: string, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(configuration)?.[1] ?? 'unknown';
}
