/**
 * Strikes a contender exactly at an event: before its answer is read, while it holds, before it writes. The harness arms
 * and disarms; whether the event came first is decided here, where both are seen in one order. While nothing is armed a
 * contender asks for `active` and no more.
 */
import type { ContenderAction, FaultEvent, Grant, Resource } from '../contract/index.js';
import { nowMs, nowNs } from '../base/clock.js';
import { afterTurnEnd } from '../base/turn.js';
import type { LeaseGuard } from './guard.js';
import type { FlightRecorder } from './flight-recorder.js';
import type { Port } from './port.js';
import type { Struck, ToWorker } from './protocol.js';

type Order = Extract<ToWorker, { kind: 'arm' }>;

interface Armed extends Order {
  /** How many such events are still to come, with the one that strikes. */
  left: number;
}

/** Whoever is at an event. */
export interface Subject {
  readonly contender: number;
  readonly key: number;
  /** Null while it is asking. */
  readonly grant: Grant | null;
  /** The token that it is asking with, where that is known. */
  readonly asked?: string | null;
}

/** A blow that is not over yet: it is when what it was about has ended. */
interface Blow {
  readonly id: number;
  readonly contender: number;
  /** Whose end is told: that of the acquire, or of the grant. */
  readonly ends: 'acquire' | 'grant';
  /** Null until it has stood still. */
  stoodStillMs: number | null;
  outcome: string | null;
  readonly guard: LeaseGuard | null;
}

export class Triggers {
  /** Whether anything is armed, or has struck and is not over. */
  active = false;
  #armed: Armed[] = [];
  #blows: Blow[] = [];

  constructor(
    private readonly nameOf: (contender: number) => string,
    private readonly port: Pick<Port, 'sayNow' | 'standStill'>,
    private readonly recorder: FlightRecorder | null,
    /** Writes down what there is and ends this process. */
    private readonly crash: (id: number, struck: Struck) => void,
  ) {}

  arm(order: Order): void {
    this.#armed.push({ ...order, left: order.nth });
    this.active = true;
  }

  /** What has struck already has told so. */
  disarm(id: number): void {
    const armed = this.#armed.find((one) => one.id === id);
    if (armed === undefined) return;
    this.#armed = this.#armed.filter((one) => one !== armed);
    this.port.sayNow({ kind: 'disarmed', id });
    this.#settle();
  }

  letGo(id: number): void {
    this.#blows.find((blow) => blow.id === id)?.guard?.letGo();
  }

  /** The run ends: nothing strikes any more. */
  disarmAll(): void {
    for (const { id } of this.#armed) this.disarm(id);
  }

  /** Its commands have been sent; they leave at the end of this turn. */
  sent(event: 'acquire-sent' | 'extend-sent', subject: Subject): void {
    for (const armed of this.#hits(event)) {
      const blow = this.#blow(armed.id, subject, event === 'acquire-sent' ? 'acquire' : 'grant', null);
      // Of this very turn; at its end others may have sent something.
      const asked = this.recorder?.latestToken(String(subject.key)) ?? null;
      afterTurnEnd(() => this.#strike(armed, { ...subject, asked }, blow));
    }
  }

  /** The section begins when this has resolved; null: at once. */
  granted(subject: Subject, guard: LeaseGuard): Promise<void> | null {
    return this.#strikeAll(this.#hits('granted'), subject, guard);
  }

  /** The resource with this event in front of every write. */
  watch(resource: Resource, subject: Subject): Resource {
    return {
      read: (item) => resource.read(item),
      write: (item, value) => {
        const struck = this.#strikeAll(this.#hits('checked'), subject, null);
        return struck === null ? resource.write(item, value) : struck.then(() => resource.write(item, value));
      },
    };
  }

  /** How its acquire, or its grant, ended. */
  ended(what: Blow['ends'], contender: number, outcome: string): void {
    for (const blow of this.#blows) {
      if (blow.contender !== contender || blow.ends !== what || blow.outcome !== null) continue;
      blow.outcome = outcome;
      this.#tellIfOver(blow);
    }
  }

  /**
   * Standing still waits for the end of the turn: others of this worker whose grants were decided in it are let in first. They
   * would seem to have been let in too late otherwise, by a pause of ours between their decision and their next step.
   */
  #strikeAll(hits: readonly Armed[], subject: Subject, guard: LeaseGuard | null): Promise<void> | null {
    let struck: Promise<void> | null = null;
    for (const armed of hits) {
      const blow = this.#blow(armed.id, subject, 'grant', guard);
      const strike = (): void => this.#strike(armed, subject, blow, guard);
      if (armed.action.kind !== 'stand-still') strike();
      else struck = new Promise((resolve) => afterTurnEnd(() => resolve(strike())));
    }
    return struck;
  }

  #hits(event: FaultEvent): Armed[] {
    const hits: Armed[] = [];
    for (const armed of this.#armed) {
      if (armed.event !== event) continue;
      armed.left -= 1;
      if (armed.left === 0) hits.push(armed);
    }
    if (hits.length > 0) this.#armed = this.#armed.filter((armed) => armed.left > 0);
    return hits;
  }

  #blow(id: number, { contender }: Subject, ends: Blow['ends'], guard: LeaseGuard | null): Blow {
    const blow: Blow = { id, contender, ends, stoodStillMs: null, outcome: null, guard };
    this.#blows.push(blow);
    return blow;
  }

  #strike({ id, action }: Armed, subject: Subject, blow: Blow, guard: LeaseGuard | null = null): void {
    const struck = this.#struck(subject);
    this.port.sayNow({ kind: 'caught', id, struck });
    this.#note(struck, words[action.kind]);
    blow.stoodStillMs = this.#act(id, action, struck, guard);
    if (action.kind === 'stand-still') this.#note(struck, 'goes on');
    this.#tellIfOver(blow);
  }

  /** Tells how long everything stood still. */
  #act(id: number, action: ContenderAction, struck: Struck, guard: LeaseGuard | null): number {
    const startNs = nowNs();
    switch (action.kind) {
      case 'stand-still':
        this.port.standStill(action.ms);
        return (nowNs() - startNs) / 1e6;
      case 'crash':
        this.crash(id, struck);
        return 0;
      case 'keep-inside': {
        const now = nowMs();
        const leaseMs = Math.min(action.mostMs, Math.max(0, struck.validUntilMs! - now));
        guard?.keepUntil(now + action.share * leaseMs);
        return 0;
      }
    }
  }

  #struck({ contender, key, grant, asked = null }: Subject): Struck {
    return {
      contender,
      name: this.nameOf(contender),
      key: String(key),
      token: grant?.token ?? asked,
      validUntilMs: grant?.validUntilMs ?? null,
    };
  }

  #note({ key, token, name }: Struck, what: string): void {
    this.recorder?.step(nowNs(), key, token ?? '', `${name} ${what}`);
  }

  #tellIfOver(blow: Blow): void {
    const { id, stoodStillMs, outcome } = blow;
    if (stoodStillMs === null || outcome === null) return;
    this.#blows = this.#blows.filter((one) => one !== blow);
    this.port.sayNow({ kind: 'over', id, stoodStillMs, outcome });
    this.#settle();
  }

  #settle(): void {
    this.active = this.#armed.length > 0 || this.#blows.length > 0;
  }
}

const words: Readonly<Record<ContenderAction['kind'], string>> = {
  'stand-still': 'stands still',
  crash: 'is killed',
  'keep-inside': 'is kept inside',
};
