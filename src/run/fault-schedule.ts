/**
 * Brings about the faults of a round at their time, heals them all, whatever happens, and keeps the record: what was meant,
 * what was done and when, whether it had an effect, and whether the servers were well afterwards.
 */
import type { Fault, FaultRecord, Strike } from '../contract/index.js';
import { delay, limit, nowMs } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import { openLabs, type Aimed, type World } from './fault-lab.js';
import type { Observer } from './observer.js';

/** How long an event, or a grant worth hitting, is waited for. */
const patienceLimitMs = 3000;
/** Of what is left of the window: the fault must still show. */
const patienceShare = 0.5;
const healLimitMs = 10_000;
const wellLimitMs = 3000;
/** When the window has closed nothing is waited for any longer, neither a strike nor its end. */
const endLimitMs = 3000;
const lookMs = 20;

type Recorded = Omit<FaultRecord, 'firstGrantMs' | 'recoveredMs'>;

export class FaultSchedule {
  readonly #aimed: readonly Aimed[];
  readonly #running: Promise<Recorded>[] = [];
  readonly #tooLate: Promise<void>;

  constructor(
    private readonly world: World,
    faults: readonly Fault[],
    private readonly observer: Observer,
  ) {
    this.#aimed = openLabs(world, faults);
    this.#tooLate = new Promise((resolve) => world.ending.onCancel(() => void limit(endLimitMs).then(resolve)));
  }

  /** Before the load begins. */
  async prepare(): Promise<void> {
    for (const { fault, lab } of this.#aimed) await fault.prepare?.(lab(0));
  }

  /** From the opening of the window to its planned close, on the clock of `nowMs`. */
  start(openMs: number, closeMs: number): void {
    for (const aimed of this.#aimed) this.#running.push(this.#run(aimed, openMs, closeMs));
  }

  /** The window has closed: what still lasts is healed. Resolves when all is. */
  async end(): Promise<readonly Recorded[]> {
    this.world.ending.cancel();
    return Promise.all(this.#running);
  }

  async #run({ fault, plan, lab }: Aimed, openMs: number, closeMs: number): Promise<Recorded> {
    const { ending, strategy, round } = this.world;
    const record: Recorded = {
      name: plan.name,
      target: '',
      intendedMs: plan.startMs,
      event: plan.event,
      startedMs: null,
      healedMs: null,
      effective: false,
      breaks: fault.breaks ?? null,
      what: 'the run ended before it',
      unhealthy: [],
      round,
    };
    await sleep(openMs + plan.startMs - nowMs(), ending);
    if (ending.cancelled) return record;
    const patienceMs = Math.min(patienceLimitMs, (closeMs - nowMs()) * patienceShare);
    const world = lab(patienceMs);
    const named = { ...record, target: world.targets.map(({ name }) => name).join(', ') };
    const striking = fault.strike(world, plan.options);
    let strike: Strike;
    try {
      strike = await this.#inTime(striking);
    } catch (error) {
      striking.then((late) => late.heal()).catch(() => {});
      const what = `it could not be brought about: ${reason(error)}`;
      return { ...named, what, unhealthy: await this.#unwell(fault) };
    }
    this.observer.note(`${strategy.label}: fault ${plan.name}: ${strike.what}`);
    const target = strike.hit === undefined ? named.target : strike.hit.map(({ name }) => name).join(', ');
    const struck = { ...named, target, startedMs: strike.atMs - openMs, what: strike.what };
    if (fault.instant !== true) await Promise.race([strike.lasts ?? this.#lasting(plan.durationMs), this.#tooLate]);
    const without = await this.#inTime(strike.probe()).catch(
      (error: unknown) => `that cannot be told: ${reason(error)}`,
    );
    const healing = await Promise.race([
      strike.heal().then(() => null, reason),
      limit(healLimitMs).then(() => 'it took too long'),
    ]);
    const healedMs = nowMs() - openMs;
    const unhealthy = await this.#unwell(fault);
    return {
      ...struck,
      healedMs,
      effective: without === null,
      what: [
        struck.what,
        ...(without === null ? [] : [`no effect: ${without}`]),
        ...(healing === null ? [] : [`not healed: ${healing}`]),
      ].join('; '),
      unhealthy,
    };
  }

  #lasting(durationMs: number | null): Promise<void> {
    const { ending } = this.world;
    return durationMs === null ? new Promise((resolve) => ending.onCancel(resolve)) : sleep(durationMs, ending);
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const ended = this.#tooLate.then(() => {
      throw new Error('the run ended before it was over');
    });
    return Promise.race([work, ended]);
  }

  /** Who does not answer, after some patience. */
  async #unwell({ hits }: Fault): Promise<readonly string[]> {
    if (hits === 'contender') return [];
    const untilMs = nowMs() + wellLimitMs;
    for (;;) {
      const { controls } = this.world.servers;
      const answers = await Promise.allSettled(controls.map((server) => server.call('PING')));
      const silent = controls.filter((_, i) => answers[i].status !== 'fulfilled').map(({ name }) => name);
      if (silent.length === 0 || nowMs() > untilMs) return silent;
      await delay(lookMs);
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
