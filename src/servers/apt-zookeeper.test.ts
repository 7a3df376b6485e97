import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { unpackZookeeper } from './apt-zookeeper.js';

test('where there is no apt, no ZooKeeper is fetched, nothing is left behind and the way out is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  vi.stubEnv('PATH', folder);
  vi.stubEnv('XDG_CACHE_HOME', folder);
  await expect(unpackZookeeper()).rejects.toMatchObject({
    code: 'NO_SERVER',
    message: expect.stringMatching(/there is no apt-get here/),
    hint: expect.stringMatching(/BENCH_ZOOKEEPER=/),
  });
  expect(readdirSync(join(folder, 'lockbench'))).toEqual([]);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
