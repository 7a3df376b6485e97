/** The settings that our own servers run with, in processes and in containers alike. */
import type { Persistence } from '../contract/index.js';

export function serverArgs(persistence: Persistence): readonly string[] {
  const appendOnly = persistence === 'none' ? 'no' : 'yes';
  const appendFsync = persistence === 'always' ? 'always' : 'everysec';
  // No snapshots, whose forks would show up as latency; replicas are served at once instead of after five seconds.
  const fixed = ['--save', '', '--repl-diskless-sync-delay', '0'];
  return [...fixed, '--appendonly', appendOnly, '--appendfsync', appendFsync];
}
