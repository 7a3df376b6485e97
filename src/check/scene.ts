/** A stretch of time on one key, and what a diagram shows of it. */
import type { History } from '../contract/index.js';
import { sectionOf, type Overlap, type Section } from './overlaps.js';

export interface Scene {
  readonly key: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Those it is about, in the order of their columns. */
  readonly contenders: readonly number[];
}

/** What scenes are drawn from: a history, of whose sections only those of the scene are looked at. */
export interface Story extends Omit<History, 'rows'> {
  /** On the key and not over before the time began, in the order of entry. */
  sections(span: Omit<Scene, 'contenders'>): readonly Section[];
}

export function storyOf(history: History): Story {
  return {
    ...history,
    sections({ key, fromNs, toNs }) {
      const rows = history.rows.during(key, fromNs, toNs);
      return Array.from({ length: rows.count }, (_, row) => sectionOf(rows, row));
    },
  };
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

/** Whose late release came between the grant of the one inside and the entry that met it: who stole the lock. */
export function thief(story: Story, { inside, entering }: Overlap): Section | null {
  const isSame = (a: Section, b: Section): boolean => a.contender === b.contender && a.enterNs === b.enterNs;
  const between = story.sections({ key: inside.key, fromNs: inside.enterNs, toNs: entering.enterNs });
  const found = between.find(
    (one) =>
      !isSame(one, inside) &&
      !isSame(one, entering) &&
      one.leaveNs > inside.enterNs &&
      one.leaveNs <= entering.enterNs &&
      one.validUntilNs < one.leaveNs,
  );
  return found ?? null;
}
