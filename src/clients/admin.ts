/**
 * A connection for looking after a server, not for locking. A stopped server still completes connections (its kernel
 * does that), so only an answer proves it alive, and every answer is waited for with a limit. Nothing is tried twice. Over a
 * connection of our own: a library takes longer to load than a server to start.
 */
import { after } from '../base/clock.js';
import { LockbenchError, type Endpoint, type Reply } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { dialPipelined } from './pipelined-wire.js';
import type { Wire, WireEvents } from './wire.js';

export interface Admin {
  /** Rejects with what the server said, or when it says nothing within the limit. */
  call(name: string, ...args: readonly (string | number)[]): Promise<Reply>;
  /** When the connection is lost, but not when `close` ends it. */
  onLost(listener: () => void): void;
  close(): void;
}

/** Connects, logs in and waits for PONG, each within `timeoutMs`; so is every later call. */
export async function openAdmin(endpoint: NodeEndpoint, timeoutMs: number): Promise<Admin> {
  const line = new AdminLine(endpoint, timeoutMs);
  try {
    await line.opened;
    if (endpoint.password !== undefined)
      await line.call('AUTH', ...(endpoint.username === undefined ? [] : [endpoint.username]), endpoint.password);
    await line.call('PING');
  } catch (error) {
    line.close();
    throw unreachable(endpoint, timeoutMs, error);
  }
  return line;
}

type Settle<T> = (resolve: (value: T) => void, reject: (reason: string) => void) => void;

class AdminLine implements Admin {
  readonly opened: Promise<void>;
  readonly #wire: Wire;
  readonly #waiting = new Set<(reason: string) => void>();
  readonly #listeners = new Set<() => void>();
  /** Why it is over. */
  #end: string | null = null;

  constructor(
    endpoint: NodeEndpoint,
    private readonly timeoutMs: number,
  ) {
    let opened = (): void => {};
    this.opened = this.#withinLimit((resolve) => (opened = resolve));
    const events: WireEvents = {
      opened: () => opened(),
      closed: (reason) => {
        if (this.#over(reason)) for (const listener of this.#listeners) listener();
      },
      message: () => {},
    };
    this.#wire = dialPipelined(endpoint, timeoutMs, events, true);
  }

  call(name: string, ...args: readonly (string | number)[]): Promise<Reply> {
    return this.#withinLimit((resolve, reject) => {
      this.#wire.push({ name, args }, { reply: resolve, refuse: reject });
      this.#wire.flush();
    });
  }

  onLost(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#over('closed');
    this.#wire.destroy();
  }

  #withinLimit<T>(settle: Settle<T>): Promise<T> {
    return new Promise((resolve, rejectWith) => {
      const reject = (reason: string): void => {
        stopTimer();
        this.#waiting.delete(reject);
        rejectWith(new Error(reason));
      };
      const stopTimer = after(this.timeoutMs, () => reject('timed out'));
      if (this.#end !== null) return reject(this.#end);
      this.#waiting.add(reject);
      settle((value) => {
        stopTimer();
        this.#waiting.delete(reject);
        resolve(value);
      }, reject);
    });
  }

  /** False where it is already. */
  #over(reason: string): boolean {
    if (this.#end !== null) return false;
    this.#end = reason;
    for (const reject of this.#waiting) reject(reason);
    return true;
  }
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
  [/not understood/, 'is no Redis: it answers in another protocol', 'Correct host and port of --redis.'],
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

function unreachable(endpoint: NodeEndpoint, timeoutMs: number, error: unknown): LockbenchError {
  const { message } = error as Error;
  const known = reasons.find(([pattern]) => pattern.test(message));
  const secret = endpoint.password;
  const text = secret === undefined || secret === '' ? message : message.replaceAll(secret, '***');
  const reason = known === undefined ? text : `${known[1]} (${text})`;
  const limit = /does not answer/.test(reason) ? ` within ${timeoutMs} ms` : '';
  return new LockbenchError('UNREACHABLE', `${addressText(endpoint)} ${reason}${limit}`, known?.[2] ?? '');
}
