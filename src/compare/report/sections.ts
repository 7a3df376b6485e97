/** What the reports for people have in common: the rows of the table, what came of it, and the notes under it. */
import { reachSentence } from '../calibration.js';
import type { CompareDocument } from '../document.js';
import {
  calibrationSentence,
  changeText,
  exactSentences,
  figureText,
  labelOf,
  methodSentences,
  metricTitles,
  noiseSentence,
  speedSentence,
  verdictSentence,
  verdictText,
} from '../words.js';

export const heads = ['', 'baseline', 'candidate', 'change [95 %]', 'verdict'] as const;

export function rowsOf({ metrics, verdict }: CompareDocument): string[][] {
  return metrics.map((one) => [
    metricTitles[one.name],
    figureText(one, one.baseline),
    figureText(one, one.candidate),
    changeText(one),
    // Of a run that does not count, no metric has one.
    verdict === 'invalid' && one.change !== null ? 'no verdict' : verdictText(one),
  ]);
}

/** Under the table, each a paragraph of its own. */
export function notesOf(document: CompareDocument): string[] {
  return [
    ...exactSentences(document),
    ...methodSentences(document),
    `the machine: ${noiseSentence(document)}`,
    ...document.warnings,
  ];
}

/** What came of it. */
export function summaryOf(document: CompareDocument): string {
  return document.kind === 'calibrate' ? calibrated(document) : verdictSentence(document);
}

/** The same without what was violated, for reports that tell that apart. */
export function speedOf(document: CompareDocument): string {
  return document.kind === 'calibrate' ? calibrated(document) : speedSentence(document);
}

/** `redlock against single`, `single against itself`. */
export function titleOf(document: CompareDocument): string {
  const { kind, plan } = document;
  if (kind === 'calibrate') return `${plan.baseline.label} against itself`;
  return `${labelOf(document, 'candidate')} against ${labelOf(document, 'baseline')}`;
}

function calibrated(document: CompareDocument): string {
  return `${calibrationSentence(document)}${reachSentence(document)}`;
}
