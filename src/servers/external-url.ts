/**
 * What `--redis` says: host:port, redis:// or rediss:// (TLS), separated by commas, in the order of roles. Pure. All
 * problems are collected; none of the messages can hold a secret, for a text with an @ in it is never repeated.
 */
import { isIPv6 } from 'node:net';
import type { NodeEndpoint } from '../clients/endpoint.js';

export interface RedisAuth {
  readonly username?: string;
  readonly password?: string;
}

export type ParsedEndpoints =
  { readonly endpoints: readonly NodeEndpoint[] } | { readonly problems: readonly string[] };

const defaultPort = 6379;
const highestPort = 65_535;
const form = /^(?:(?<scheme>[a-z]+):\/\/)?(?<host>\[[^\]]*\]|[^[\]:/?#]*)(?::(?<port>[^/?#]*))?(?<rest>[/?#].*)?$/i;
const hostName = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i;

export function parseEndpoints(text: string, auth: RedisAuth): ParsedEndpoints {
  if (text.includes('@')) {
    const reason = 'the arguments of a program are visible to every user of the machine';
    const wayOut = 'Set LOCKBENCH_REDIS_USERNAME and LOCKBENCH_REDIS_PASSWORD, or use --redis-auth-file FILE';
    return {
      problems: [`--redis holds a user name or password: ${reason}. ${wayOut}, and leave out all before the @.`],
    };
  }
  const items = text.split(',').map((item) => parseItem(item.trim(), auth));
  const problems = items.flatMap((item) => (typeof item === 'string' ? [`--redis: ${item}`] : []));
  if (auth.username !== undefined && auth.password === undefined) {
    problems.push('LOCKBENCH_REDIS_USERNAME is given without a password: set LOCKBENCH_REDIS_PASSWORD, too');
  }
  if (problems.length > 0) return { problems };
  return { endpoints: items.filter((item) => typeof item !== 'string') };
}

/** The endpoint, or what is wrong with the text. */
function parseItem(item: string, auth: RedisAuth): NodeEndpoint | string {
  if (item === '') return 'there is an empty entry; expected host:port,host:port,...';
  if (isIPv6(item)) return `${item}: an IPv6 address is written in brackets, [${item}]:${defaultPort}`;
  const parts = form.exec(item)?.groups;
  if (parts === undefined) return `${item}: expected host:port, redis://host:port or rediss://host:port`;
  const scheme = (parts['scheme'] ?? 'redis').toLowerCase();
  if (scheme !== 'redis' && scheme !== 'rediss') return `${item}: ${scheme}:// is neither redis:// nor rediss:// (TLS)`;
  const host = (parts['host'] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (parts['host']?.startsWith('[') ? !isIPv6(host) : !hostName.test(host))
    return `${item}: no host name or address in it`;
  const portText = parts['port'] ?? String(defaultPort);
  const port = /^\d+$/.test(portText) ? Number(portText) : NaN;
  if (!(port >= 1 && port <= highestPort)) return `${item}: the port is ${portText}, expected 1 to ${highestPort}`;
  const rest = parts['rest'] ?? '';
  if (rest !== '' && rest !== '/' && rest !== '/0')
    return `${item}: ${rest} is not understood; only database 0 is used`;
  return { host, port, tls: scheme === 'rediss', ...auth };
}
