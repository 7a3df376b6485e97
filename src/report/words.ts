/**
 * What stands out in a result, in words, the most important first. Says what was seen and how strong the evidence is; never
 * that a lock is safe, for no run can show that. Each topic has its file; this one puts them in order.
 */
import type { Result } from '../contract/index.js';
import { behaviourWords } from './words-behaviour.js';
import { comparisonWords } from './words-comparison.js';
import { faultWords } from './words-faults.js';
import { harmWords } from './words-harm.js';
import { unheldWords } from './words-unheld.js';
import { exclusionWords, undecidedWords, violationWords } from './words-violations.js';
import { validityWords } from './words-validity.js';

export type WordLevel = 'violation' | 'warning' | 'note';

export interface Word {
  readonly level: WordLevel;
  readonly text: string;
  /** Who, when, which key, in which order; each a line. */
  readonly evidence?: readonly string[];
}

const order: readonly WordLevel[] = ['violation', 'warning', 'note'];

export function whatStandsOut(result: Result): readonly Word[] {
  const words = [
    ...harmWords(result),
    ...violationWords(result),
    ...validityWords(result),
    ...faultWords(result),
    ...exclusionWords(result),
    ...unheldWords(result),
    ...behaviourWords(result),
    ...undecidedWords(result),
    ...comparisonWords(result),
  ];
  // Stable: within a level the topics keep their order.
  return words.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
