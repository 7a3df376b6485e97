import { expect, it } from 'vitest';
import { readPostgresUrl } from './postgres-url.js';

it.each([
  ['localhost', { host: 'localhost', port: 5432, tls: false }],
  ['db.example:6000', { host: 'db.example', port: 6000, tls: false }],
  ['postgres://u@h/d', { host: 'h', port: 5432, tls: false, username: 'u', database: 'd' }],
  ['postgresql://u:p%40ss@[::1]:1/', { host: '::1', port: 1, tls: false, username: 'u', password: 'p@ss' }],
  ['postgres://h/?sslmode=require', { host: 'h', port: 5432, tls: true }],
])('%s is understood', (text, endpoint) => expect(readPostgresUrl(text, {})).toEqual({ endpoints: [endpoint] }));

it('takes user and password from the environment where the text has none', () => {
  const env = { PGUSER: 'eve', PGPASSWORD: 'secret' };
  expect(readPostgresUrl('h', env)).toMatchObject({ endpoints: [{ username: 'eve', password: 'secret' }] });
  expect(readPostgresUrl('postgres://u:own@h', env)).toMatchObject({
    endpoints: [{ username: 'u', password: 'own' }],
  });
});

it.each([
  ['redis://u:topsecret@h', /redis: is not postgres/],
  ['postgres://u:topsecret@h?sslmode=maybe', /sslmode is maybe/],
  ['postgres://u:topsecret@h?options=x', /options is not understood/],
  ['postgres://', /no host/],
])('%s is refused, without a secret in the words', (text, words) => {
  const read = readPostgresUrl(text, {});
  expect(read).toHaveProperty('problem', expect.stringMatching(words));
  expect(JSON.stringify(read)).not.toContain('topsecret');
});
