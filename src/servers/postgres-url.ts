/**
 * What `--postgres` says: postgres://user:password@host:port/database?sslmode=require, or host:port alone. No message
 * repeats the text, which may hold a password.
 */
import type { NodeEndpoint } from '../clients/endpoint.js';

const defaultPort = 5432;
const form = 'expected postgres://user@host:port/database';
const plainModes = ['disable', 'allow', 'prefer'];
const tlsModes = ['require', 'verify-ca', 'verify-full'];

export type ReadPostgres = { readonly endpoints: readonly NodeEndpoint[] } | { readonly problem: string };

/** The password of the environment counts where the text has none. */
export function readPostgresUrl(text: string, env: Readonly<Record<string, string | undefined>>): ReadPostgres {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `postgres://${text}`);
  if (url === null || url.hostname === '') return { problem: `it holds no host; ${form}` };
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    return { problem: `${url.protocol} is not postgres:; ${form}` };
  const mode = url.searchParams.get('sslmode') ?? 'disable';
  const others = [...url.searchParams.keys()].filter((name) => name !== 'sslmode');
  if (others.length > 0) return { problem: `${others.join(', ')} is not understood; only sslmode is` };
  if (![...plainModes, ...tlsModes].includes(mode))
    return { problem: `sslmode is ${mode}, expected ${[...plainModes, ...tlsModes].join(', ')}` };
  const decoded = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part));
  const database = decoded(url.pathname.replace(/^\//, ''));
  const username = decoded(url.username) ?? env['PGUSER'];
  const password = decoded(url.password) ?? env['PGPASSWORD'];
  return {
    endpoints: [
      {
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port === '' ? defaultPort : Number(url.port),
        tls: tlsModes.includes(mode),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(database === undefined ? {} : { database }),
      },
    ],
  };
}
