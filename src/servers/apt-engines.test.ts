import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { unpackEtcd } from './apt-etcd.js';
import { unpackJava } from './apt-java.js';
import { unpackPostgres } from './apt-postgres.js';
import { unpackZookeeper } from './apt-zookeeper.js';

const ways = [
  ['etcd', unpackEtcd, /BENCH_ETCD=/],
  ['PostgreSQL', unpackPostgres, /BENCH_POSTGRES_BIN=/],
  ['ZooKeeper', unpackZookeeper, /BENCH_ZOOKEEPER=/],
  ['Java', unpackJava, /JAVA_HOME=/],
] as const;

test.each(ways)(
  'where there is no apt, no %s is fetched, nothing is left behind and the way out is told',
  async (name, unpack, wayOut) => {
    const folder = mkdtempSync(join(tmpdir(), 'apt-'));
    vi.stubEnv('PATH', folder);
    vi.stubEnv('XDG_CACHE_HOME', folder);
    await expect(unpack()).rejects.toMatchObject({
      code: 'NO_SERVER',
      message: expect.stringMatching(`no ${name} .*there is no apt-get here`),
      hint: expect.stringMatching(wayOut),
    });
    expect(readdirSync(join(folder, 'lockbench'))).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  },
);
