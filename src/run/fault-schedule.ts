/**
 * Brings about the faults of a round at their time, heals them all, whatever happens, and keeps the record: what was meant,
 * what was done and when, whether it had an effect, and whether the servers were well afterwards.
 */
import type { Fault, FaultPlan, FaultRecord, FaultServer, Strike } from '../contract/index.js';
import { delay, limit, nowMs } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import { openLabs, type Aimed, type Site, type World } from './fault-lab.js';
import type { Observer } from './observer.js';
import type { Unjudged } from './recovery.js';
import { reason } from './undo.js';

/** How long an event, or a grant worth hitting, is waited for. */
const patienceLimitMs = 3000;
/** Of what is left of the window: the fault must still show. */
const patienceShare = 0.5;
const wellLimitMs = 3000;
/** When the window has closed nothing is waited for any longer, neither a strike nor its end. */
const endLimitMs = 3000;
const lookMs = 20;

/** A record, and from when on it looked for somebody to hit. */
export interface Struck {
  readonly record: Unjudged;
  readonly aimedMs: number;
}

/** Who is kept inside may leave long after the fault is over. */
interface Running {
  readonly struck: Promise<Struck>;
  kept(): FaultRecord['keptInside'];
}

export class FaultSchedule {
  readonly #aimed: readonly Aimed[];
  readonly #running: Running[] = [];
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
    for (const { fault, site } of this.#aimed)
      if (fault.prepare !== undefined) await fault.prepare((await site(0, 0)).lab);
  }

  /** From the opening of the window to its planned close, on the clock of `nowMs`. */
  start(openMs: number, closeMs: number): void {
    for (const aimed of this.#aimed) {
      let site: Site | null = null;
      const struck = this.#run(aimed, openMs, closeMs, (opened) => (site = opened));
      const kept = (): FaultRecord['keptInside'] => {
        const holder = site?.kept() ?? null;
        if (holder === null) return null;
        return {
          name: holder.name,
          fromMs: holder.fromMs - openMs,
          untilMs: Math.min(holder.untilMs ?? closeMs, closeMs) - openMs,
        };
      };
      this.#running.push({ struck, kept });
    }
  }

  /** The window has closed: what still lasts is healed. Resolves when all is. */
  async end(): Promise<readonly Struck[]> {
    this.world.ending.cancel();
    const all = await Promise.all(this.#running.map(({ struck }) => struck));
    return all.map((struck, i) => ({
      ...struck,
      record: { ...struck.record, keptInside: this.#running[i].kept() },
    }));
  }

  async #run(
    { fault, plan, site }: Aimed,
    openMs: number,
    closeMs: number,
    onOpen: (site: Site) => void,
  ): Promise<Struck> {
    const { ending, strategy } = this.world;
    const nothing = this.#nothingYet(fault, plan);
    await sleep(openMs + plan.startMs - nowMs(), ending);
    if (ending.cancelled) return { record: nothing, aimedMs: plan.startMs };
    const patienceMs = Math.min(patienceLimitMs, (closeMs - nowMs()) * patienceShare);
    const aimedMs = nowMs() - openMs;
    const opened = await site(patienceMs, closeMs - nowMs()).catch(reason);
    if (typeof opened === 'string')
      return { record: { ...nothing, what: `it could not be brought about: ${opened}` }, aimedMs };
    const { lab, undo } = opened;
    onOpen(opened);
    const named = { ...nothing, target: namesOf(lab.targets) };
    try {
      const strike = await this.#inTime(() => fault.strike(lab, plan.options));
      this.observer.note(`${strategy.label}: fault ${plan.name}: ${strike.what}`);
      if (fault.instant !== true) await this.#over(strike, plan);
      const without = await this.#inTime(() => strike.probe()).catch(
        (error: unknown) => `that cannot be told: ${reason(error)}`,
      );
      const healing = await undo.run();
      const healedMs = nowMs() - openMs;
      const remarks = [
        ...(without === null ? [] : [`no effect: ${without}`]),
        ...(healing === null ? [] : [`not healed: ${healing}`]),
      ];
      const record: Unjudged = {
        ...named,
        target: strike.hit === undefined ? named.target : namesOf(strike.hit),
        startedMs: strike.atMs - openMs,
        healedMs: fault.instant === true ? strike.atMs - openMs : healedMs,
        effective: without === null,
        steps: (strike.steps ?? []).map((step) => ({ ...step, atMs: step.atMs - openMs })),
        lost: (strike.lost ?? []).map(({ name }) => name),
        ...(strike.emptied === undefined ? {} : { emptied: strike.emptied.map(({ name }) => name) }),
        what: [strike.what, ...remarks].join('; '),
        unhealthy: await this.#unwell(fault),
      };
      return { record, aimedMs };
    } catch (error) {
      const healing = await undo.run();
      const what = `it could not be brought about: ${reason(error)}${healing === null ? '' : `; not healed: ${healing}`}`;
      return { record: { ...named, what, unhealthy: await this.#unwell(fault) }, aimedMs };
    }
  }

  #nothingYet(fault: Fault, { name, startMs, event }: FaultPlan): Unjudged {
    return {
      name,
      target: '',
      intendedMs: startMs,
      event,
      startedMs: null,
      healedMs: null,
      effective: false,
      breaksClocks: fault.breaksClocks === true,
      steps: [],
      lost: [],
      keptInside: null,
      what: 'the run ended before it',
      unhealthy: [],
      round: this.world.round,
    };
  }

  /** By itself, after the plan's duration, or with the run. */
  async #over({ lasts }: Strike, { durationMs }: FaultPlan): Promise<void> {
    const { ending } = this.world;
    const untilTheEnd = new Promise<void>((resolve) => ending.onCancel(resolve));
    const itself = lasts?.catch(() => {});
    await Promise.race([itself ?? (durationMs === null ? untilTheEnd : sleep(durationMs, ending)), this.#tooLate]);
  }

  /** A fault may throw instead of rejecting. */
  #inTime<T>(work: () => Promise<T>): Promise<T> {
    const ended = this.#tooLate.then(() => {
      throw new Error('the run ended before it was over');
    });
    return Promise.race([Promise.resolve().then(work), ended]);
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

function namesOf(servers: readonly FaultServer[]): string {
  return servers.map(({ name }) => name).join(', ');
}
