/** A stretch of time on one key, and what a diagram shows of it. */
import { rowFlags, type History } from '../contract/index.js';

export interface Scene {
  readonly key: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Those it is about, in the order of their columns. */
  readonly contenders: readonly number[];
}

/** How much is lost when a moment is left out. */
export type Weight = 'turn' | 'server' | 'step';

export interface Moment {
  readonly atNs: number;
  /** Null: a fault's. */
  readonly contender: number | null;
  readonly text: string;
  readonly weight: Weight;
  /** What each server answered; "..." where the answer was not there by the end of the scene. */
  readonly answers: ReadonlyMap<number, string>;
}

export const noAnswers: Moment['answers'] = new Map();

/** Entries of contenders on the key that had not left before the scene began. */
export function rowsOf({ rows }: History, { key, fromNs, toNs }: Omit<Scene, 'contenders'>): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    if (rows.key[row] !== key || (rows.flags[row] & rowFlags.unknown) !== 0) continue;
    if (rows.enterNs[row] <= toNs && rows.leaveNs[row] >= fromNs) found.push(row);
  }
  return found;
}
