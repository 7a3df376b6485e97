/**
 * Where the primary is, by word of the sentinels: each is asked ten times a second, on the client library of the node, so
 * that no choice of a client decides how soon it follows. What most of those who answer say counts: one that was cut off
 * tells old news. Who cannot be asked at all says nothing, and the node stays where it is, as on the wrong side of a
 * partition. Polling instead of +switch-master: a message can be missed, and the documentation says not to rely on it.
 * Source: Redis documentation, "Guidelines for Redis clients with support for Redis Sentinel".
 */
import { after } from '../base/clock.js';
import type { Command, Lane, Reply } from '../contract/index.js';
import type { NodeEndpoint, SentinelRole } from './endpoint.js';
import { Link, type LinkSettings } from './link.js';
import { RoundMeter } from './meter.js';
import { fixedAt, type Whereabouts } from './whereabouts.js';

const pollMs = 100;
const answerLimitMs = 250;

export class SentinelResolver implements Whereabouts {
  readonly name: string;
  readonly mustBeMaster = true;
  readonly #links: readonly Link[];
  readonly #listeners = new Set<() => void>();
  readonly #question: Command;
  #node: number | null = null;
  #stopTimer: () => void = () => {};
  #closed = false;

  /** `endpoints` are those of the whole set of nodes: the role moves among them. */
  constructor(
    private readonly role: SentinelRole,
    private readonly endpoints: readonly NodeEndpoint[],
    { dial, connectTimeoutMs }: Pick<LinkSettings, 'dial' | 'connectTimeoutMs'>,
  ) {
    this.name = `the primary of ${role.masterName}`;
    this.#question = { name: 'SENTINEL', args: ['GET-MASTER-ADDR-BY-NAME', role.masterName] };
    // Of its own: what is asked here is no cost of the lock.
    const meter = new RoundMeter();
    this.#links = role.sentinels.map(
      (sentinel) =>
        new Link({ dial, at: fixedAt(sentinel), connectTimeoutMs, scripts: [], meter, reconnect: true }, {}),
    );
    this.#ask();
  }

  now(): NodeEndpoint | null {
    return this.#node === null ? null : (this.endpoints[this.#node] ?? null);
  }

  onMove(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    this.#listeners.clear();
    for (const link of this.#links) link.close();
  }

  #ask(): void {
    void Promise.all(this.#links.map(({ lane }) => this.#askOne(lane))).then((told) => {
      if (this.#closed) return;
      const node = mostTold(told, this.#node);
      if (node !== null && node !== this.#node) this.#move(node);
      this.#stopTimer = after(pollMs, () => this.#ask());
    });
  }

  /** Null where it does not answer, or names a server that we do not know. */
  #askOne(lane: Lane): Promise<number | null> {
    return new Promise((resolve) => {
      lane.send(this.#question, answerLimitMs, 0, (_, failure, reply) => {
        resolve(failure === null ? nodeAt(this.role, reply) : null);
      });
    });
  }

  #move(node: number): void {
    this.#node = node;
    // Those of now: a connection that is opened because of this is at the new place already.
    for (const listener of Array.from(this.#listeners)) listener();
  }
}

function nodeAt({ places }: SentinelRole, reply: Reply): number | null {
  if (!Array.isArray(reply)) return null;
  const [host, port] = reply as readonly Reply[];
  return places.find((place) => place.host === host && place.port === Number(port))?.node ?? null;
}

/** Where they are divided, it stays where it is. Pure. */
export function mostTold(told: readonly (number | null)[], now: number | null): number | null {
  const votes = new Map<number, number>();
  for (const node of told) if (node !== null) votes.set(node, (votes.get(node) ?? 0) + 1);
  const most = Math.max(0, ...votes.values());
  const leading = [...votes].filter(([, count]) => count === most).map(([node]) => node);
  return leading.length === 0 || (now !== null && leading.includes(now)) ? now : leading[0]!;
}
