/**
 * One generation of a group: fresh processes of every contestant, warmed up, then slices by turns. A round is one slice of each
 * under one load; the loads of a round and the contestants within each come in an order that is drawn. Only one contestant is
 * ever active.
 */
import { LockbenchError } from '../../src/contract/index.js';
import { shuffled, type Random } from '../../src/base/random.js';
import type { Entrant } from './entrant.js';
import type { Load } from './groups.js';
import type { SliceFigures } from './measured.js';
import type { LatencyCounts } from './protocol.js';

export interface GenerationSpec {
  /** Makes their processes. */
  readonly entrants: readonly (() => Entrant)[];
  readonly loads: readonly Load[];
  readonly warmup: Load;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Null: of a warm-up. */
  onSlice(load: Load, figures: SliceFigures | null): void;
  onOpened(label: string, clientOptions: Readonly<Record<string, unknown>>): void;
  onFailed(label: string, reason: string): void;
}

export interface EntrantGeneration {
  readonly label: string;
  /** By load. */
  readonly slices: ReadonlyMap<string, readonly SliceFigures[]>;
  readonly totals: ReadonlyMap<string, LatencyCounts> | null;
}

/** Starting a process keeps a core busy. */
const openingAtOnce = 2;

interface Place {
  readonly entrant: Entrant;
  readonly slices: Map<string, SliceFigures[]>;
  totals: ReadonlyMap<string, LatencyCounts> | null;
  out: boolean;
}

/** One that fails is out for this generation; the others go on. */
export async function runGeneration(spec: GenerationSpec): Promise<EntrantGeneration[]> {
  const places: Place[] = [];
  let number = 0;
  const attempt = async (place: Place, work: (entrant: Entrant) => Promise<void>): Promise<void> => {
    if (place.out || spec.signal.aborted) return;
    try {
      await work(place.entrant);
    } catch (error) {
      if (!(error instanceof LockbenchError)) throw error;
      place.out = true;
      spec.onFailed(place.entrant.label, error.message);
      await place.entrant.kill();
    }
  };
  const open = async (make: () => Entrant): Promise<void> => {
    const place: Place = { entrant: make(), slices: new Map(), totals: null, out: false };
    places.push(place);
    await attempt(place, async (entrant) => spec.onOpened(entrant.label, await entrant.open()));
  };
  const slice = (place: Place, load: Load, kept: boolean): Promise<void> =>
    attempt(place, async (entrant) => {
      const figures = await entrant.slice({ load, number: (number += 1), kept });
      if (kept) place.slices.set(load.name, [...(place.slices.get(load.name) ?? []), figures]);
      spec.onSlice(load, kept ? figures : null);
      // What it still has under way would be in the way of the next contestant.
      const hung = figures.errors['HUNG'] ?? 0;
      if (hung > 0)
        throw new LockbenchError('WORKER_LOST', `${hung} contenders of a slice (${load.name}) never came to an end`);
    });
  try {
    for (let i = 0; i < spec.entrants.length; i += openingAtOnce)
      await Promise.all(spec.entrants.slice(i, i + openingAtOnce).map(open));
    for (const place of shuffled(places, spec.random)) await slice(place, spec.warmup, false);
    const rounds = Math.max(...spec.loads.map((load) => load.slices));
    for (let round = 0; round < rounds; round += 1)
      for (const load of shuffled(spec.loads, spec.random))
        if (round < load.slices) for (const place of shuffled(places, spec.random)) await slice(place, load, true);
    for (const place of places) await attempt(place, async (entrant) => void (place.totals = await entrant.totals()));
    return places.map(({ entrant, slices, totals }) => ({ label: entrant.label, slices, totals }));
  } finally {
    await Promise.all(places.map(({ entrant }) => entrant.kill()));
  }
}
