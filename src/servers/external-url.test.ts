import { describe, expect, test } from 'vitest';
import { parseEndpoints } from './external-url.js';

function endpointsOf(text: string): unknown {
  return parseEndpoints(text, {});
}

function problemsOf(text: string, auth = {}): readonly string[] {
  const parsed = parseEndpoints(text, auth);
  return 'problems' in parsed ? parsed.problems : [];
}

describe('--redis', () => {
  test('takes host:port, redis:// and rediss://, in the order given', () => {
    expect(endpointsOf('a:7001, redis://b.example:7002,rediss://10.0.0.3:7003')).toEqual({
      endpoints: [
        { host: 'a', port: 7001, tls: false },
        { host: 'b.example', port: 7002, tls: false },
        { host: '10.0.0.3', port: 7003, tls: true },
      ],
    });
  });

  test('takes 6379 where no port is given, and database 0 as the one it uses anyway', () => {
    const expected = { host: 'cache', port: 6379, tls: false };
    for (const text of ['cache', 'redis://cache', 'redis://cache/', 'redis://cache:6379/0']) {
      expect(endpointsOf(text)).toEqual({ endpoints: [expected] });
    }
  });

  test('takes IPv6 addresses in brackets, and says so without them', () => {
    expect(endpointsOf('[::1]:7001,rediss://[fe80::1]')).toEqual({
      endpoints: [
        { host: '::1', port: 7001, tls: false },
        { host: 'fe80::1', port: 6379, tls: true },
      ],
    });
    expect(problemsOf('::1')).toEqual(['--redis: ::1: an IPv6 address is written in brackets, [::1]:6379']);
  });

  test('hands user and password on to every endpoint', () => {
    expect(parseEndpoints('a,b', { username: 'bench', password: 's3cret' })).toEqual({
      endpoints: [
        { host: 'a', port: 6379, tls: false, username: 'bench', password: 's3cret' },
        { host: 'b', port: 6379, tls: false, username: 'bench', password: 's3cret' },
      ],
    });
  });

  test.each([
    'redis://:s3cret@a:1',
    'redis://bench:s3cret@a:1',
    'a:1,bench:s3cret@b:2',
    'redis://:s3c,ret@a',
    's3cret@a',
  ])('refuses a secret without repeating it (%#)', (text) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/visible to every user.*LOCKBENCH_REDIS_PASSWORD.*--redis-auth-file/);
    expect(problems[0]).not.toMatch(/s3c/);
  });

  test.each([
    ['', /empty entry/],
    ['a:1,,b:2', /empty entry/],
    ['a:0', /the port is 0, expected 1 to 65535/],
    ['a:65536', /the port is 65536/],
    ['a:x', /the port is x/],
    ['a:', /the port is ,/],
    [':7001', /no host name/],
    ['[zz]:1', /no host name/],
    ['a b:1', /no host name/],
    ['http://a:1', /http:\/\/ is neither/],
    ['redis://a:1/2', /only database 0/],
    ['redis://a:1?x=y', /only database 0/],
  ])('refuses %j', (text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected);
  });

  test('collects all problems', () => {
    expect(problemsOf('a:0,b:1,http://c', { username: 'bench' })).toHaveLength(3);
  });
});
