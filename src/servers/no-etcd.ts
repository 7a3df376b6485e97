/** What to do where no etcd is to be had. */
import type { LockbenchError } from '../contract/index.js';
import { noServer, type Way } from './no-server.js';

const ways: readonly Way[] = [
  ['or, as root', 'sudo apt-get install etcd-server   (and stop its service: it is not needed)'],
  ['Fedora', 'sudo dnf install etcd'],
  ['macOS', 'brew install etcd'],
  ['Docker', 'docker compose --profile etcd up -d --wait   (or start the engine: containers are used by themselves)'],
  ['elsewhere', 'BENCH_ETCD=/path/to/etcd, or bench --etcd host:port,...   (nodes that run already)'],
];

/** `details` tells what was tried, and why it did not do. */
export function noEtcd(details: string): LockbenchError {
  return noServer('etcd', details, ways);
}
