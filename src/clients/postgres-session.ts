/**
 * One connection to PostgreSQL as a session of the contract. It never reconnects; an answer that is late ends it. Statements
 * are prepared once for each connection, as scripts of Redis are called by their digest.
 */
import { connect } from 'node:net';
import { Client, type QueryConfig } from 'pg';
import { after, yieldTurn } from '../base/clock.js';
import { LockbenchError, type SqlAnswer, type SqlFailure, type SqlSession, type SqlValue } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import type { Meter } from './meter.js';
import { connectionConfig, sessionSettings, valueParsers } from './postgres-options.js';

/** What happens to the sessions of a server, by the reasons that the report counts. */
export interface SqlTally {
  readonly meter: Meter;
  failed(code: 'DOWN' | 'RESET' | 'TIMEOUT'): void;
}

const preparedLimit = 64;
const cancelLimitMs = 2_000;
/** The number that makes a message a request to cancel (PostgreSQL documentation, "Message Formats"). */
const cancelCode = 80_877_102;

/** What the server told of itself when the connection was opened; the library's types leave it out. */
interface Backend {
  readonly processID: number;
  readonly secretKey: number;
}

/** Rejects with UNREACHABLE and the reason, credentials that are refused among them. */
export async function openSession(
  endpoint: NodeEndpoint,
  connectTimeoutMs: number,
  tally: SqlTally,
): Promise<PgSession> {
  const client = new Client(connectionConfig(endpoint, connectTimeoutMs));
  // Errors of a connection that is gone come as events, too.
  client.on('error', () => {});
  try {
    await client.connect();
    const { text, values } = sessionSettings;
    await client.query({ text, values: [...values], query_timeout: connectTimeoutMs } as QueryConfig);
  } catch (error) {
    destroy(client);
    const { message } = error as Error;
    throw new LockbenchError('UNREACHABLE', `PostgreSQL at ${endpoint.host}:${endpoint.port}: ${message}`);
  }
  return new PgSession(client, endpoint, tally);
}

export class PgSession implements SqlSession {
  readonly backendId: number;
  #tail: Promise<unknown> = Promise.resolve();
  /** Statements that are waiting, and the one under way. */
  #waiting = 0;
  #lostBecause: string | null = null;
  /** Ends the statement under way. */
  #abandon: ((failure: SqlFailure) => void) | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #prepared = new Map<string, string>();

  constructor(
    private readonly client: Client,
    private readonly endpoint: NodeEndpoint,
    private readonly tally: SqlTally,
  ) {
    this.backendId = (client as unknown as Backend).processID;
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('the server has closed it'));
  }

  get lost(): boolean {
    return this.#lostBecause !== null;
  }

  get idle(): boolean {
    return this.#waiting === 0 && !this.lost;
  }

  query(text: string, values: readonly SqlValue[], timeoutMs: number): Promise<SqlAnswer> {
    this.#waiting += 1;
    const answer =
      this.#waiting === 1
        ? this.#ask(text, values, timeoutMs)
        : this.#tail.then(() => this.#ask(text, values, timeoutMs));
    const settled = answer.finally(() => (this.#waiting -= 1));
    this.#tail = settled;
    return settled;
  }

  interrupt(): void {
    if (this.#waiting === 0 || this.lost) return;
    // Over TLS it would take a handshake of its own: the server sees that the client is gone just as well.
    if (this.endpoint.tls) this.#lose('interrupted');
    else sendCancel(this.endpoint, this.backendId, (this.client as unknown as Backend).secretKey);
  }

  onLost(listener: () => void): () => void {
    if (this.lost) {
      listener();
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(): void {
    this.#lose('it was ended here');
  }

  #ask(text: string, values: readonly SqlValue[], timeoutMs: number): Promise<SqlAnswer> {
    if (this.#lostBecause !== null) {
      this.tally.failed('DOWN');
      return Promise.resolve(failed('DOWN', 'not-executed', `not sent: ${this.#lostBecause}`));
    }
    this.tally.meter.commands += 1;
    this.tally.meter.roundTrips += 1;
    return new Promise((resolve) => {
      const stopTimer = after(timeoutMs, () => {
        this.tally.failed('TIMEOUT');
        settle(failed('TIMEOUT', 'maybe-executed', `no answer within ${timeoutMs} ms`));
        this.#lose(`no answer within ${timeoutMs} ms`);
      });
      const settle = (answer: SqlAnswer): void => {
        stopTimer();
        this.#abandon = null;
        resolve(answer);
      };
      this.#abandon = (failure) => settle({ failure, rows: [] });
      const query = {
        name: this.#nameOf(text),
        text,
        values: values.map(sendable),
        rowMode: 'array',
        types: valueParsers,
      };
      this.client.query(query as unknown as { text: string; rowMode: 'array' }).then(
        ({ rows }) => settle({ failure: null, rows: rows as SqlValue[][] }),
        (error: unknown) => this.#refused(error, settle),
      );
    });
  }

  #refused(error: unknown, settle: (answer: SqlAnswer) => void): void {
    const { code, severity, message } = error as { code?: unknown; severity?: unknown; message: string };
    const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
    // A fatal error is the last word of the server: the connection ends with it.
    if (severity === 'ERROR' && sqlState !== null) {
      settle(failed('ERR', 'not-executed', `${sqlState} ${message}`, sqlState));
      return;
    }
    this.tally.failed('RESET');
    settle(failed('RESET', 'maybe-executed', `connection lost: ${message}`, sqlState));
    this.#lose(message);
  }

  /** Each text by a name of its own; beyond the limit without one, for the server keeps them all. */
  #nameOf(text: string): string | undefined {
    const known = this.#prepared.get(text);
    if (known !== undefined || this.#prepared.size >= preparedLimit) return known;
    const name = `lockbench_${this.#prepared.size}`;
    this.#prepared.set(text, name);
    return name;
  }

  #lose(reason: string): void {
    if (this.#lostBecause !== null) return;
    this.#lostBecause = reason;
    if (this.#abandon !== null) {
      this.tally.failed('RESET');
      this.#abandon({ code: 'RESET', fate: 'maybe-executed', message: `connection lost: ${reason}`, sqlState: null });
    }
    destroy(this.client);
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** By a connection of its own, over which nothing is answered. */
function sendCancel({ host, port }: NodeEndpoint, backendId: number, secret: number): void {
  const message = Buffer.alloc(16);
  [16, cancelCode, backendId, secret].forEach((word, i) => message.writeInt32BE(word, 4 * i));
  const socket = connect({ host, port });
  socket.on('error', () => {});
  const stopTimer = after(cancelLimitMs, () => socket.destroy());
  socket.on('close', stopTimer);
  socket.on('connect', () => socket.end(message));
}

/** At once, whatever is under way. A polite good-bye first, so that the server need not find out. */
function destroy(client: Client): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } })
    .connection;
  void client.end().catch(() => {});
  void yieldTurn().then(() => stream.destroy());
}

function failed(
  code: SqlFailure['code'],
  fate: SqlFailure['fate'],
  message: string,
  sqlState: string | null = null,
): SqlAnswer {
  return { failure: { code, fate, message, sqlState }, rows: [] };
}

/** The library sends text. */
function sendable(value: SqlValue): string | number | boolean | null {
  return typeof value === 'bigint' ? String(value) : value;
}
