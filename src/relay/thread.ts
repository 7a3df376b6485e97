/**
 * Relays in a thread of their own, so that neither the orchestrator's work nor a stalled worker adds to the latency of
 * those who connect through them, and a worker that is made to stand still does not take its network with it.
 */
import { Worker } from 'node:worker_threads';
import { fromErrorData } from '../base/error-data.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Endpoint, type FaultLink, type LinkState } from '../contract/index.js';
import type { Answer, FromRelays, Question, ToRelays } from './protocol.js';
import { refuseTls } from './relay.js';

export interface Route {
  /** Unique, for jitter is drawn from the stream of this name: "worker 0 to master 3". */
  readonly name: string;
  readonly upstream: NodeEndpoint;
  /**
   * What holds from the beginning. Delay and jitter are the wire's own and stand at all times: those of `set` come on top,
   * so that 0 is back to how it was, and `touched` counts only what goes beyond them.
   */
  readonly initial?: Partial<LinkState>;
}

export interface RelayLink extends FaultLink {
  /** Where to connect, with the upstream's login; stays the same when it is moved. */
  readonly endpoint: NodeEndpoint;
  /** New connections go there, and those to the old one are cut. */
  moveTo(upstream: NodeEndpoint): Promise<void>;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: LockbenchError): void;
}

/** Rejects with WORKER_LOST when the thread does not come up. */
export function openRelayThread(): Promise<RelayThread> {
  return new Promise((resolve, reject) => {
    const thread = new RelayThread(() => resolve(thread), reject);
  });
}

export class RelayThread {
  readonly #worker = new Worker(new URL('./entry.js', import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Set when the thread is no more. */
  #end: LockbenchError | null = null;

  /** For `openRelayThread`, which waits until it is ready. */
  constructor(onReady: () => void, onLost: (error: LockbenchError) => void) {
    const lost = (reason: string, cause?: unknown): void => {
      this.#end ??= new LockbenchError('WORKER_LOST', `the relay thread ${reason}`, '', { cause });
      for (const { reject } of this.#waiting.values()) reject(this.#end);
      this.#waiting.clear();
      onLost(this.#end);
    };
    this.#worker.on('message', (message: FromRelays) => {
      if (message.kind === 'ready') onReady();
      else this.#settle(message);
    });
    this.#worker.on('error', (error: Error) => lost(`died: ${error.name}: ${error.message}`, error));
    this.#worker.on('exit', (code) => lost(`ended with code ${code}`));
  }

  /** One link for each route, in their order. Rejects with BAD_ARGUMENT for an upstream that speaks TLS. */
  async open(routes: readonly Route[], seed: number): Promise<RelayLink[]> {
    for (const { upstream } of routes) refuseTls(upstream);
    const answer = await this.#ask({
      kind: 'open',
      routes: routes.map(({ name, upstream, initial = {} }) => ({ name, upstream: addressOf(upstream), initial })),
      seed,
    });
    const links = answer.kind === 'opened' ? answer.links : [];
    return links.map(({ link, port }, i) => this.#link(routes[i], link, port));
  }

  /** Ends all connections and the thread; what was asked of it and not answered is rejected. */
  async close(): Promise<void> {
    this.#end ??= new LockbenchError('WORKER_LOST', 'the relay thread is closed');
    await this.#worker.terminate();
  }

  #link({ name, upstream }: Route, link: number, port: number): RelayLink {
    return {
      name,
      endpoint: { ...upstream, host: '127.0.0.1', port },
      set: async (state) => void (await this.#ask({ kind: 'set', link, state })),
      reset: async (midReply = false) => void (await this.#ask({ kind: 'reset', link, midReply })),
      moveTo: async (to) => void (await this.#ask({ kind: 'move', link, upstream: addressOf(to) })),
      touched: async () => {
        const answer = await this.#ask({ kind: 'touched', link });
        return answer.kind === 'touched' ? answer.count : 0;
      },
    };
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      const id = (this.#asked += 1);
      this.#waiting.set(id, { resolve, reject });
      const message: ToRelays = { ...question, id };
      this.#worker.postMessage(message);
    });
  }

  #settle(message: Exclude<FromRelays, { readonly kind: 'ready' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.answer);
    else waiting?.reject(fromErrorData(message.error));
  }
}

function addressOf({ host, port, tls }: Endpoint): Endpoint {
  return { host, port, tls };
}
