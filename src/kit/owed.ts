/**
 * What is owed to a service as a whole, rather than to one node of it (`releases.ts`): it is asked again, at a growing interval,
 * until it answers. Only for what may be done twice. The backlog is bounded: beyond `maxOwed` the oldest is given up (its key
 * dies by TTL) and counted.
 */
import type { Backlog, Failure, StrategyEnv } from '../contract/index.js';

const maxOwed = 10_000;
const firstDelayMs = 50;
const longestDelayMs = 800;

/** Null when it is done. Never rejects. */
export type Deed = () => Promise<Failure | null>;

export class Owed {
  readonly #waiting = new Set<Deed>();
  #underWay = 0;
  #peak = 0;
  #dropped = 0;
  /** Nobody was there to be told, when it was tried last. */
  #nobodyThere = false;
  #delayMs = firstDelayMs;
  #stopTimer: (() => void) | null = null;
  #closed = false;
  #changed: (() => void)[] = [];

  constructor(private readonly env: StrategyEnv) {}

  /** At once; what fails is owed from then on. Resolves with how the first attempt ended. */
  async now(deed: Deed): Promise<Failure | null> {
    const failure = await this.#attempt(deed);
    if (failure !== null) this.#owe(deed);
    return failure;
  }

  backlog(): Backlog {
    return { pending: this.#waiting.size + this.#underWay, peak: this.#peak, dropped: this.#dropped };
  }

  /** Resolves when nothing is under way, and nothing is owed but what nobody was there to be told. */
  async quiesce(): Promise<void> {
    this.#nobodyThere = false;
    while (this.#underWay > 0 || (this.#waiting.size > 0 && !this.#nobodyThere && !this.#closed))
      await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#waiting.clear();
    this.#tell();
  }

  async #attempt(deed: Deed): Promise<Failure | null> {
    this.#underWay += 1;
    this.#peak = Math.max(this.#peak, this.#underWay + this.#waiting.size);
    const failure = await deed();
    this.#underWay -= 1;
    this.#nobodyThere = failure?.code === 'DOWN';
    this.#tell();
    return failure;
  }

  #owe(deed: Deed): void {
    if (this.#closed) return;
    this.#waiting.add(deed);
    for (const oldest of this.#waiting) {
      if (this.#waiting.size <= maxOwed) break;
      this.#waiting.delete(oldest);
      this.#dropped += 1;
    }
    this.#stopTimer ??= this.env.after(this.#delayMs, () => void this.#again());
  }

  /** One to see whether it answers again, then all. */
  async #again(): Promise<void> {
    for (const deed of this.#waiting) {
      this.#waiting.delete(deed);
      const failure = await this.#attempt(deed);
      if (failure === null) continue;
      this.#waiting.add(deed);
      this.#delayMs = Math.min(longestDelayMs, this.#delayMs * 2);
      break;
    }
    this.#stopTimer = null;
    if (this.#waiting.size === 0) this.#delayMs = firstDelayMs;
    else if (!this.#closed) this.#stopTimer = this.env.after(this.#delayMs, () => void this.#again());
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}
