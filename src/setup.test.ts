import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

// The scripts are not compiled: they lie in src/, beside the source of this test.
const root = new URL('../../', import.meta.url);
const inRoot = (path: string): string => new URL(path, root).pathname;

function node(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, said: stderr };
}

describe('set-up', () => {
  test('refuses a task that it does not know', () => {
    expect(node(inRoot('src/setup.mjs'), 'sing')).toEqual({ status: 2, said: expect.stringMatching(/usage:/) });
  });
});

describe('the command', () => {
  test('is the one that package.json names, so that npx in the clone fetches no other', () => {
    const { bin } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { bin: Record<string, string> };
    expect(bin).toEqual({ bench: 'src/bin.mjs', lockbench: 'src/bin.mjs' });
    expect(statSync(inRoot('src/bin.mjs')).mode & 0o111).toBe(0o111);
  });

  test('tells what to type in a clone that is not set up', () => {
    const clone = mkdtempSync(join(tmpdir(), 'clone-'));
    mkdirSync(join(clone, 'src'));
    cpSync(inRoot('src/bin.mjs'), join(clone, 'src', 'bin.mjs'));
    const { status, said } = node(join(clone, 'src', 'bin.mjs'), '--strategy', 'single');
    expect({ status, said }).toEqual({ status: 3, said: expect.stringMatching(/npm start/) });
    rmSync(clone, { recursive: true });
  });
});
