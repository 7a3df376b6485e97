/**
 * A TCP relay before one server that does what networks do: it delays, holds back, loses and cuts. It knows no protocol;
 * a chunk is what one read brings. It runs in the thread of its caller, which suits where behaviour is looked at and not
 * speed; `thread.ts` puts relays into a thread of their own.
 *
 * What it does not do: a connection to the relay itself is up at once, delay and partition or not; its first bytes
 * feel them.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { seededRandom, type Random } from '../base/random.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Endpoint } from '../contract/index.js';
import { Connection } from './connection.js';
import { clearState, repliesOf, requestsOf, type RelayState } from './state.js';
import { Way, type Latency } from './way.js';

/** More than any run opens; clients that come back again and again through a long partition stay within it. */
const maxConnections = 4096;

export interface RelaySettings {
  /** Of the wire itself, each way: what `set` delays comes on top, and this alone does not count as touching anything. */
  readonly standing?: Partial<Latency>;
  /** Where jitter is drawn from; a fixed sequence unless given. */
  readonly random?: Random;
}

export class Relay {
  /** Where clients connect, with the upstream's login. */
  readonly endpoint: NodeEndpoint;
  readonly #connections = new Set<Connection>();
  readonly #requests: Way;
  readonly #replies: Way;
  #state: RelayState = clearState;
  #upstream: Endpoint;
  #ended = 0;

  constructor(
    private readonly server: Server,
    upstream: NodeEndpoint,
    { standing = {}, random = seededRandom(0, 'relay') }: RelaySettings,
  ) {
    const { port } = server.address() as AddressInfo;
    this.endpoint = { ...upstream, host: '127.0.0.1', port };
    this.#upstream = upstream;
    const latency = { delayMs: 0, jitterMs: 0, ...standing };
    this.#requests = new Way(latency, random);
    this.#replies = new Way(latency, random);
    server.on('connection', (near: Socket) => this.#accept(near));
  }

  /** In force when it returns: a way that is held or dropped passes nothing on any more, not even what set out before. */
  set(change: Partial<RelayState>): void {
    this.#state = { ...this.#state, ...change };
    this.#requests.state = requestsOf(this.#state);
    this.#replies.state = repliesOf(this.#state);
    for (const connection of this.#connections) connection.changed();
  }

  /** Ends all connections; what was on its way in either direction is lost. */
  cut(): void {
    this.#ended += this.#connections.size;
    for (const connection of this.#connections) connection.cut();
  }

  /** As `cut`, by RST; with `midReply` each connection at its next reply, of which the first half is still delivered. */
  reset(midReply = false): void {
    if (!midReply) this.#ended += this.#connections.size;
    for (const connection of this.#connections) {
      if (midReply) connection.resetMidReply();
      else connection.reset();
    }
  }

  /** New connections go there; those to the old one are cut. */
  moveTo(upstream: Endpoint): void {
    refuseTls(upstream);
    this.#upstream = upstream;
    for (const connection of this.#connections) connection.cut();
  }

  /** Chunks held, dropped, delayed beyond the standing latency or cut short, and connections cut or reset, since it was last asked. */
  touched(): number {
    const count = this.#ended + this.#requests.touched + this.#replies.touched;
    this.#ended = this.#requests.touched = this.#replies.touched = 0;
    return count;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.#connections) connection.cut();
    await closed;
  }

  #accept(near: Socket): void {
    if (this.#state.refuse || this.#connections.size >= maxConnections) {
      near.destroy();
      return;
    }
    const ways = { requests: this.#requests, replies: this.#replies };
    this.#connections.add(
      new Connection(near, this.#upstream, ways, (connection) => this.#connections.delete(connection)),
    );
  }
}

/** Rejects with BAD_ARGUMENT for an upstream that speaks TLS. */
export async function startRelay(upstream: NodeEndpoint, settings: RelaySettings = {}): Promise<Relay> {
  refuseTls(upstream);
  // Half-open: a client that has said all it will still gets its answers, and does not hear the server's end through a partition.
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return new Relay(server, upstream, settings);
}

export function refuseTls({ host, port, tls }: Endpoint): void {
  if (!tls) return;
  throw new LockbenchError(
    'BAD_ARGUMENT',
    `no relay can stand before ${host}:${port}, which speaks TLS`,
    'A relay passes bytes on blindly, and its own address is not in the server’s certificate: use redis:// there, or faults without a relay.',
  );
}
