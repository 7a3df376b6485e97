/** For a terminal: the metrics in a small table, and under it what they mean. */
import { painter, printable, type Ink } from '../base/paint.js';
import type { ReportStyle } from '../contract/index.js';
import { reachSentence } from './calibration.js';
import type { CompareDocument, OverallVerdict } from './document.js';
import { sides } from './plan.js';
import {
  calibrationSentence,
  changeText,
  exactSentences,
  figureText,
  labelOf,
  methodSentences,
  metricTitles,
  noiseSentence,
  verdictSentence,
  verdictText,
} from './words.js';

const inks: Readonly<Record<OverallVerdict, Ink>> = {
  regression: 'red',
  improvement: 'green',
  equivalent: 'green',
  inconclusive: 'yellow',
  invalid: 'yellow',
};

export const heads = ['', 'baseline', 'candidate', 'change [95 %]', 'verdict'] as const;

export function rowsOf({ metrics }: CompareDocument): string[][] {
  return metrics.map((one) => [
    metricTitles[one.name],
    figureText(one, one.baseline),
    figureText(one, one.candidate),
    changeText(one),
    verdictText(one),
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
  return document.kind === 'calibrate'
    ? `${calibrationSentence(document)}${reachSentence(document)}`
    : verdictSentence(document);
}

export function renderTable(document: CompareDocument, style: ReportStyle): string {
  const paint = painter(style.colour);
  const rows = [[...heads], ...rowsOf(document)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === 4 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd();
  const summary = wrapped(summaryOf(document), style.columns);
  return `${[
    ...sides.map((side) => `${side.padEnd(9)}  ${printable(labelOf(document, side))}`),
    '',
    paint('bold', line(rows[0])),
    ...rows.slice(1).map(line),
    '',
    ...summary.map((text) => paint(inks[document.verdict], text)),
    '',
    ...notesOf(document).flatMap((text) => wrapped(text, style.columns, '  ')),
    '',
    `Results: ${document.folder ?? '-'}`,
  ].join('\n')}\n`;
}

function wrapped(text: string, width: number, hang = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hang;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
