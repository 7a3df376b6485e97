/** What the figures were measured on. No secrets, no addresses. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type as osType } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../base/packages.js';
import type { Environment } from '../contract/index.js';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

export function environment(servers: Environment['servers'], clients: Environment['clients']): Environment {
  return {
    lockbench: packageVersion(),
    commit: commit(),
    node: process.version,
    os: `${osType()} ${release()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    servers,
    clients,
  };
}

/** Of the clone that this runs from, with `-dirty` when it was changed; null for an installed package. */
function commit(): string | null {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
      cwd: packageRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 1000,
    }).trim();
  } catch {
    return null;
  }
}
