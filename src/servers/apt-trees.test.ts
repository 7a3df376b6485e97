import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepTree, onlyFolder, settleLinks } from './apt-trees.js';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tree-'));
  for (const folder of ['etc/java', 'usr/lib/jvm/java-17/conf', 'usr/lib/jvm/java-17/jmods', 'usr/share/doc'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/java/jvm.cfg'), '-server KNOWN');
});
afterEach(() => rmSync(root, { recursive: true }));

test('what a package links to elsewhere on the system lies in the tree, and what is not there or not needed is left out', async () => {
  const home = join(root, 'usr/lib/jvm/java-17');
  symlinkSync('/etc/java/jvm.cfg', join(home, 'conf/jvm.cfg'));
  symlinkSync('conf/jvm.cfg', join(home, 'again.cfg'));
  symlinkSync('/etc/ssl/certs/of/nobody', join(home, 'conf/cacerts'));
  symlinkSync('../../../share/nothing', join(home, 'docs'));
  await settleLinks(root);
  await keepTree(home, join(root, 'kept'), /\/jmods$/);
  expect(readdirSync(join(root, 'kept')).sort()).toEqual(['again.cfg', 'conf']);
  expect(readdirSync(join(root, 'kept/conf'))).toEqual(['jvm.cfg']);
  rmSync(home, { recursive: true });
  expect(readFileSync(join(root, 'kept/again.cfg'), 'utf8')).toBe('-server KNOWN');
});

test('a folder is chosen only where there is no choice, and links are none', async () => {
  const above = join(root, 'usr/lib/jvm');
  symlinkSync('java-17', join(above, 'java-1.17.0'));
  expect(await onlyFolder(above, /^java-/)).toBe(join(above, 'java-17'));
  mkdirSync(join(above, 'java-21'));
  expect(await onlyFolder(above, /^java-/)).toBeNull();
  expect(await onlyFolder(join(root, 'nowhere'), /^java-/)).toBeNull();
});
