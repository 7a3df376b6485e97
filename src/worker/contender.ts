/**
 * One contender: waits for its time, asks for the lock, works inside as its holder kind does, gives it back, and has it all
 * written down.
 *
 * What waits stands in one function, and what does not in plain steps between: a cycle costs the harness no promise but
 * those of the design and of the workload.
 */
import { rowFlags, type AcquireOutcome, type Grant, type Resource, type Visit } from '../contract/index.js';
import { nowMs, nowNs } from '../base/clock.js';
import { at } from '../record/counters.js';
import { liveAt } from '../record/shared.js';
import type { Course } from './course.js';
import { LeaseGuard } from './guard.js';
import { keepExtending, type Holding } from './lease-calls.js';
import { Logbook } from './logbook.js';
import type { ResourceUse } from './resource-use.js';
import type { Shop } from './shop.js';
import type { ReleaseKind } from './tally.js';

interface Section extends Holding {
  readonly guard: LeaseGuard;
  /** Null: the lease is not extended. */
  readonly stopExtending: (() => Promise<boolean>) | null;
}

export class Contender {
  readonly #book: Logbook;
  readonly #resource: ResourceUse;
  readonly #visit: Visit;
  readonly #guarded: boolean;
  #grants = 0;

  constructor(
    private readonly shop: Shop,
    private readonly id: number,
    private readonly course: Course,
    private readonly nextKey: () => number,
  ) {
    this.#guarded = shop.plan.holder === 'guarded';
    this.#book = new Logbook(shop, id, course.open, this.#guarded);
    this.#resource = shop.resource.use(id);
    this.#visit = { holdMs: shop.plan.holdMs, nowMs };
  }

  /** The lowest of all is the merge watermark. */
  get openNs(): number {
    return this.#book.openNs;
  }

  async run(): Promise<void> {
    const { shop, course } = this;
    const { session, workload, tally, believed, triggers, ending } = shop;
    const book = this.#book;
    while (!ending.cancelled) {
      const freeMs = book.freeNs / 1e6;
      const intendedMs = course.arrivals.nextMs(freeMs);
      if (intendedMs > freeMs) await course.until(intendedMs);
      shop.columns.live[liveAt.lastIntendedNs] = intendedMs * 1e6;
      if (ending.cancelled) {
        if (course.open) this.#missed(intendedMs * 1e6);
        return;
      }
      let outcome: AcquireOutcome;
      try {
        outcome = await this.#ask(intendedMs * 1e6);
      } catch (error) {
        book.threw(error);
        if (triggers.active) triggers.ended('acquire', this.id, 'error');
        continue;
      }
      const section = this.#answered(outcome);
      if (section === null) continue;
      const struck = triggers.active ? triggers.granted(section, section.guard) : null;
      if (struck !== null) await struck;
      try {
        believed[section.key] += await workload.section(this.#protected(section), section.guard, this.#visit);
      } catch (error) {
        tally.error(error, null, book.measured);
      }
      if (section.stopExtending !== null && (await section.stopExtending())) book.row.flags |= rowFlags.extended;
      this.#leave(section);
      let kind: ReleaseKind = 'error';
      try {
        kind = tally.released(await session.release(section.grant), book.measured);
      } catch (error) {
        tally.error(error, at.releaseErrors, book.measured);
      }
      this.#gaveBack(section, kind);
    }
  }

  /** This process is about to be killed. */
  abandon(): void {
    this.#book.abandon();
  }

  #ask(intendedNs: number): Promise<AcquireOutcome> {
    const { session, request, nameOf, triggers } = this.shop;
    const key = this.nextKey();
    this.#book.begins(key, intendedNs);
    const outcome = session.acquire(nameOf(key), request);
    if (triggers.active) triggers.sent('acquire-sent', { contender: this.id, key, grant: null });
    return outcome;
  }

  /** Null: it was not granted. */
  #answered(outcome: AcquireOutcome): Section | null {
    const { triggers } = this.shop;
    if (triggers.active) triggers.ended('acquire', this.id, outcome.kind === 'refused' ? outcome.why : outcome.kind);
    const endNs = this.#book.answered(outcome);
    return outcome.kind === 'granted' ? this.#enter(outcome.grant, endNs) : null;
  }

  #enter(grant: Grant, enterNs: number): Section {
    const { plan, recorder, cancel } = this.shop;
    const { row, measured } = this.#book;
    const { key } = row;
    if (recorder !== null) recorder.step(enterNs, String(key), grant.token, 'granted');
    const holding: Holding = { contender: this.id, key, grant, measured, row };
    const stopExtending = plan.extendEveryMs === null ? null : keepExtending(this.shop, holding, plan.extendEveryMs);
    const guard = new LeaseGuard(grant, this.#guarded, stopExtending !== null, cancel);
    return { contender: this.id, key, grant, measured, row, guard, stopExtending };
  }

  /** What the section works on. */
  #protected(section: Section): Resource {
    const { triggers } = this.shop;
    const resource = this.#resource.section(section.key, this.#grants, section.grant.fence);
    this.#grants += 1;
    return triggers.active ? triggers.watch(resource, section) : resource;
  }

  #leave({ guard, grant, key, row }: Section): void {
    const { recorder } = this.shop;
    guard.close();
    if (guard.lostMs !== Infinity) row.flags |= rowFlags.lossTold;
    const leaveNs = this.#book.leaves(grant, guard.untilMs);
    if (recorder !== null) recorder.step(leaveNs, String(key), grant.token, 'leaves');
  }

  #gaveBack({ grant, key }: Section, kind: ReleaseKind): void {
    const { triggers, recorder } = this.shop;
    if (recorder !== null) recorder.step(nowNs(), String(key), grant.token, releaseWords[kind]);
    if (triggers.active) triggers.ended('grant', this.id, kind);
    this.#book.gaveBack(kind);
  }

  #missed(intendedNs: number): void {
    const { tally } = this.shop;
    if (nowNs() > intendedNs && tally.inWindow(intendedNs)) tally.missed(intendedNs);
  }
}

const releaseWords: Readonly<Record<ReleaseKind, string>> = {
  released: 'released',
  lost: 'release: lost',
  unknown: 'release: unknown',
  error: 'release: error',
};
