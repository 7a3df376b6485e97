import { describe, expect, test } from 'vitest';
import { cpuMsIn, linkedIn, modeIn, parseInfo, roleIn, settingIn, versionIn } from './facts.js';
import { patternFor } from './keys.js';

describe('what a server tells of itself', () => {
  const redis = parseInfo('# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6 x86_64: 1\r\n');
  const valkey = parseInfo('# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.1.0\r\nserver_mode:cluster\r\n');

  test('is its name, version and mode', () => {
    expect(versionIn(redis)).toBe('Redis 7.0.15');
    expect(versionIn(valkey)).toBe('Valkey 8.1.0');
    expect(modeIn(redis)).toBe('standalone');
    expect(modeIn(valkey)).toBe('cluster');
    expect(redis.get('os')).toBe('Linux 6 x86_64: 1');
  });

  test('is its CPU time in ms, or no number when it does not tell', () => {
    expect(cpuMsIn(parseInfo('# CPU\r\nused_cpu_sys:0.25\r\nused_cpu_user:0.5\r\n'))).toBe(750);
    expect(cpuMsIn(redis)).toBeNaN();
  });

  test('is a setting, or unknown where CONFIG GET finds nothing', () => {
    expect(settingIn(['save', ''])).toBe('');
    expect(settingIn([])).toBe('unknown');
  });

  test('is its role', () => {
    expect(roleIn(['master', 0, []])).toBe('master');
    expect(linkedIn(['slave', 'h', 1, 'connected', 0])).toBe(true);
    expect(linkedIn(['slave', 'h', 1, 'connecting', 0])).toBe(false);
    expect(linkedIn(['master', 0, []])).toBe(false);
  });
});

test('the pattern for our keys takes the prefix literally', () => {
  expect(patternFor('lockbench:{a}')).toBe('lockbench:{a}*');
  expect(patternFor('a*b?[c]^\\')).toBe('a\\*b\\?\\[c\\]\\^\\\\*');
});
