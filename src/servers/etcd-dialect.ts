/** etcd: its state, its members, the keys under our prefix. */
import type { Admin } from '../clients/admin.js';
import { openEtcdAdmin, type EtcdAdmin } from '../clients/etcd-admin.js';
import type { Dialect } from './dialect.js';

/** A write is on the disks of a majority before it is answered; `--unsafe-no-fsync` leaves the disks out. */
export const synced = 'quorum fsync';
export const unsynced = 'quorum, not synced';

/** `durability` in words: a node does not tell how it was started. */
export function etcdDialect(durability: string): Dialect {
  return {
    openAdmin: openEtcdAdmin,
    async facts(admin) {
      const { version, leader, memberId } = await asEtcd(admin).status();
      return {
        version: `etcd ${version}`,
        mode: leader === memberId ? 'leader' : 'follower',
        settings: { durability },
      };
    },
    cpuMs: () => Promise.resolve(NaN),
    async leads(admin) {
      const { leader, memberId } = await asEtcd(admin).status();
      return leader === memberId;
    },
    keysWith: async (prefix, admin) => (await asEtcd(admin).keysWith(prefix)).map(shown),
    removeKeysWith: (prefix, admin) => asEtcd(admin).removeKeysWith(prefix),
  };
}

/** The only kind that this dialect opens. */
export function asEtcd(admin: Admin): EtcdAdmin {
  return admin as EtcdAdmin;
}

/** The name of a lock and the token of who queues for it are apart by a NUL. */
function shown(key: string): string {
  return key.replaceAll('\0', '/');
}
