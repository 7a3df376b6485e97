/**
 * A connection for looking after a server, not for locking. A stopped server still completes connections (its kernel
 * does that), so only an answer proves it alive, and every answer is waited for with a limit. Nothing is tried twice.
 */
import { Redis } from 'ioredis';
import { LockbenchError, type Endpoint, type Reply } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';

export interface Admin {
  /** Rejects with what the server said, or when it says nothing within the limit. */
  call(name: string, ...args: readonly (string | number)[]): Promise<Reply>;
  /** When the connection is lost, but not when `close` ends it. */
  onLost(listener: () => void): void;
  close(): void;
}

/** Connects, logs in and waits for PONG, each within `timeoutMs`; so is every later call. */
export async function openAdmin(endpoint: NodeEndpoint, timeoutMs: number): Promise<Admin> {
  const redis = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    ...(endpoint.tls ? { tls: {} } : {}),
    protocol: 2,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    enableAutoPipelining: false,
    disableClientInfo: true,
  });
  let closing = false;
  let socketError: unknown = null;
  redis.on('error', (error: unknown) => (socketError = error));
  const close = (): void => {
    closing = true;
    redis.disconnect();
  };
  const call: Admin['call'] = async (name, ...args) => (await redis.call(name, ...args)) as Reply;
  try {
    await redis.connect();
    // Logging in by hand: the client itself would report a refusal as a lost connection.
    if (endpoint.password !== undefined) {
      await call('AUTH', ...(endpoint.username === undefined ? [] : [endpoint.username]), endpoint.password);
    }
    await call('PING');
  } catch (error) {
    close();
    throw unreachable(endpoint, timeoutMs, socketError ?? error);
  }
  return {
    call,
    close,
    onLost(listener) {
      redis.once('close', () => {
        if (!closing) listener();
      });
    },
  };
}

/** As a person writes it; holds no secret. */
export function addressText(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.tls ? 'rediss' : 'redis'}://${host}:${endpoint.port}`;
}

const passwordHint =
  'Give it by LOCKBENCH_REDIS_PASSWORD (and LOCKBENCH_REDIS_USERNAME), or in a file: --redis-auth-file FILE.';

/** What the error says, in which words, and the way out. The first that matches. */
const reasons: readonly (readonly [pattern: RegExp, reason: string, hint: string])[] = [
  [/NOAUTH/, 'asks for a password', passwordHint],
  [/WRONGPASS|invalid password/, 'refuses this user name or password', passwordHint],
  [/AUTH.*without any password/s, 'has no password set, yet one was given', 'Unset LOCKBENCH_REDIS_PASSWORD.'],
  [/NOPERM/, 'does not permit this user to do it', 'The user needs at least: +@all on the keys of --key-prefix.'],
  [/ECONNREFUSED/, 'refuses the connection: nothing listens there', 'Start it, or correct host and port of --redis.'],
  [/RESP type|Protocol error/i, 'is no Redis: it answers in another protocol', 'Correct host and port of --redis.'],
  [/ENOTFOUND|EAI_AGAIN/, 'cannot be found: no such host name', 'Correct the host of --redis.'],
  [/timed out|ETIMEDOUT/i, 'does not answer', 'Is it stopped, or is there a firewall on the way?'],
  [
    /self.signed|unable to (verify|get)|certificate|altname/i,
    'has a certificate that is not trusted here',
    'Name its authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
  ],
  [/wrong version number|EPROTO|packet length/i, 'does not speak TLS on this port', 'Write redis:// for it.'],
  [/closed|ECONNRESET|EPIPE/i, 'closes the connection', 'If it expects TLS, write rediss:// for it.'],
];

// No `cause`: the client's errors carry the command that failed, and with AUTH that is the password.
function unreachable(endpoint: NodeEndpoint, timeoutMs: number, error: unknown): LockbenchError {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const known = reasons.find(([pattern]) => pattern.test(`${code} ${message}`));
  const secret = endpoint.password;
  const text = secret === undefined || secret === '' ? message : message.replaceAll(secret, '***');
  const reason = known === undefined ? text : `${known[1]} (${text})`;
  const limit = /does not answer/.test(reason) ? ` within ${timeoutMs} ms` : '';
  return new LockbenchError('UNREACHABLE', `${addressText(endpoint)} ${reason}${limit}`, known?.[2] ?? '');
}
