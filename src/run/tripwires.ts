/**
 * Faults that strike a contender exactly at an event. One worker is drawn and armed; it alone knows whether the event came
 * before the word to disarm, so its answer counts and none is lost between the two.
 */
import type { Caught, ContenderAction, FaultContenders, FaultEvent } from '../contract/index.js';
import { after } from '../base/clock.js';
import type { FromWorker } from '../worker/protocol.js';
import type { Crew } from './crew.js';

/** What makes sense where. Who is only asking holds nothing that its death could leave behind. */
const allowed: Readonly<Record<FaultEvent, readonly ContenderAction['kind'][]>> = {
  'acquire-sent': ['stand-still'],
  granted: ['stand-still', 'crash', 'keep-inside'],
  checked: ['stand-still', 'crash'],
  'extend-sent': ['stand-still', 'crash'],
};

/** For each fault its own: `random`, uniform in [0, 1) and from the run's seed, draws whom it tries first; then the others follow in turn. */
export function contenders(crew: Crew): (random: () => number) => FaultContenders {
  const tripwires = new Tripwires(crew);
  return (random) => contendersFor(crew, tripwires, Math.floor(random() * crew.tasks.length));
}

function contendersFor(crew: Crew, tripwires: Tripwires, first: number): FaultContenders {
  let turns = 0;
  return {
    catch: (event, nth, action, patienceMs) => {
      const wrong = whyNot(crew, event, action);
      if (wrong !== null) return Promise.reject(new Error(wrong));
      const worker = atWork(crew, first + turns);
      turns += 1;
      return worker === null ? Promise.resolve(null) : tripwires.catch(worker, event, nth, action, patienceMs);
    },
    stepWallClock: (byMs) => tripwires.stepWallClock(byMs),
  };
}

function whyNot({ tasks }: Crew, event: FaultEvent, { kind }: ContenderAction): string | null {
  if (!allowed[event].includes(kind)) return `${kind} cannot be done at ${event}`;
  if (kind === 'crash' && tasks[0].plan.isolate !== 'process') return 'a thread cannot be killed: --isolate process';
  return null;
}

/** This one, or the next that is still at work. */
function atWork(crew: Crew, wanted: number): number | null {
  const count = crew.tasks.length;
  for (let i = 0; i < count; i += 1) if (crew.works((wanted + i) % count)) return (wanted + i) % count;
  return null;
}

type Over = Awaited<Caught['over']>;

class Tripwires {
  #lastId = 0;

  constructor(private readonly crew: Crew) {}

  catch(
    worker: number,
    event: FaultEvent,
    nth: number,
    action: ContenderAction,
    patienceMs: number,
  ): Promise<Caught | null> {
    const { crew } = this;
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      let ended!: (over: Over) => void;
      const over = new Promise<Over>((done) => (ended = done));
      const finish = (outcome: Over): void => {
        stopTimer();
        stopListening();
        resolve(null);
        ended(outcome);
      };
      const heard = (message: FromWorker | null): void => {
        if (message === null) finish({ stoodStillMs: 0, outcome: 'its worker ended' });
        else if (!('id' in message) || message.id !== id) return;
        else if (message.kind === 'caught') {
          stopTimer();
          const letGo = (): void => crew.tell(worker, { kind: 'let-go', id });
          resolve({ worker, ...message.struck, letGo, over });
        } else if (message.kind === 'crashed') finish({ stoodStillMs: 0, outcome: 'crashed' });
        else if (message.kind === 'over') finish({ stoodStillMs: message.stoodStillMs, outcome: message.outcome });
        else if (message.kind === 'disarmed') finish({ stoodStillMs: 0, outcome: 'disarmed' });
      };
      const stopListening = crew.listen((from, message) => {
        if (from === worker) heard(message);
      });
      const stopTimer = after(patienceMs, () => crew.tell(worker, { kind: 'disarm', id }));
      crew.tell(worker, { kind: 'arm', id, event, nth, action });
    });
  }

  /** How far the least moved of all clocks moved. */
  async stepWallClock(byMs: number): Promise<number> {
    const { crew } = this;
    const moved = await Promise.all(
      crew.tasks.map(({ index }) => (crew.works(index) ? this.#step(index, byMs) : Promise.resolve(null))),
    );
    const known = moved.filter((ms) => ms !== null);
    return known.length === 0 ? 0 : known.reduce((least, ms) => (Math.abs(ms) < Math.abs(least) ? ms : least));
  }

  #step(worker: number, byMs: number): Promise<number | null> {
    const { crew } = this;
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      const stopListening = crew.listen((from, message) => {
        if (from !== worker || (message !== null && (message.kind !== 'stepped' || message.id !== id))) return;
        stopListening();
        resolve(message === null ? null : message.movedMs);
      });
      crew.tell(worker, { kind: 'step-wall-clock', id, byMs });
    });
  }
}
