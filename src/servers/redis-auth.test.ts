import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRedisAuth } from './redis-auth.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'auth-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, mode = 0o600): string {
  const path = join(folder, 'auth');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('user name and password for external servers', () => {
  test('come from the environment', () => {
    const env = { LOCKBENCH_REDIS_USERNAME: 'bench', LOCKBENCH_REDIS_PASSWORD: 's3cret' };
    expect(readRedisAuth(null, env).auth).toEqual({ username: 'bench', password: 's3cret' });
    expect(readRedisAuth(null, { LOCKBENCH_REDIS_PASSWORD: '' }).auth).toEqual({});
  });

  test('come from a file, which decides where both are given', () => {
    const path = file('# for the lab\nusername=bench\npassword=a=b c#\r\n\n');
    const read = readRedisAuth(path, { LOCKBENCH_REDIS_PASSWORD: 'other' });
    expect(read).toEqual({ auth: { username: 'bench', password: 'a=b c#' }, warnings: [] });
  });

  test('draw a warning when others may read the file', () => {
    expect(readRedisAuth(file('password=s3cret', 0o644), {}).warnings[0]).toMatch(/other users.*chmod 600/);
    expect(readRedisAuth(file('password=s3cret', 0o640), {}).warnings).toHaveLength(1);
  });

  test.each(['s3cret', 'Password=s3cret', 'password=s3cret\npassword=s3cret', 'password = s3cret'])(
    'are not guessed from a line that is not understood, nor is it repeated (%#)',
    (text) => {
      const reading = (): unknown => readRedisAuth(file(text), {});
      expect(reading).toThrow(/line \d is not understood/);
      expect(reading).not.toThrow(/s3cret/);
    },
  );

  test('are missed with the reason when there is no such file', () => {
    expect(() => readRedisAuth(join(folder, 'none'), {})).toThrow(/cannot be read: ENOENT/);
  });
});
