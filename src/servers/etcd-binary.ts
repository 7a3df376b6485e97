/** Which etcd to start. */
import { execFileSync } from 'node:child_process';
import { findProgram, withLibraries, type ProgramBinary, type ProgramWanted } from './program-binary.js';

export type EtcdBinary = ProgramBinary;

export const etcdWanted: ProgramWanted = { variable: 'BENCH_ETCD', names: ['etcd'], cacheName: 'etcd' };

const askLimitMs = 5_000;
/** The first with --unsafe-no-fsync. */
const unsafeSince = [3, 5] as const;

/** Null when there is none; throws when BENCH_ETCD names something that cannot be run. */
export function findEtcd(): EtcdBinary | null {
  return findProgram(etcdWanted);
}

/** "3.4.23"; null when it does not start. */
export function etcdVersion({ path, libraryPath }: EtcdBinary): string | null {
  const env = { PATH: process.env['PATH'], ...withLibraries(libraryPath) };
  try {
    const text = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: askLimitMs, env });
    return /etcd Version: (\S+)/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

export function canSkipFsync(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > unsafeSince[0] || (major === unsafeSince[0] && minor >= unsafeSince[1]);
}
