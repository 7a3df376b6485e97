/** etcd from the packages of Debian or Ubuntu; `apt-packages.ts` tells how. It is one file, with everything in it. */
import { unpackPackages } from './apt-packages.js';
import { etcdWanted, type EtcdBinary } from './etcd-binary.js';
import { noEtcd } from './no-etcd.js';

/** Rejects with NO_SERVER when it cannot be done here. */
export function unpackEtcd(): Promise<EtcdBinary> {
  return unpackPackages({
    wanted: etcdWanted,
    packages: ['etcd-server'],
    libraries: [],
    program: 'etcd',
    none: noEtcd,
  });
}
