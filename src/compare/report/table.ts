/** For a terminal: the metrics in a small table, and under it what they mean. */
import { painter, printable, type Ink } from '../../base/paint.js';
import type { DocumentReporter, ReportStyle } from '../../contract/index.js';
import type { CompareDocument, OverallVerdict } from '../document.js';
import { sides } from '../plan.js';
import { labelOf } from '../words.js';
import { heads, notesOf, rowsOf, summaryOf } from './sections.js';

export default {
  name: 'table',
  help: 'the comparison for a terminal',
  render,
} satisfies DocumentReporter<CompareDocument>;

const inks: Readonly<Record<OverallVerdict, Ink>> = {
  regression: 'red',
  improvement: 'green',
  equivalent: 'green',
  inconclusive: 'yellow',
  invalid: 'yellow',
};

function render(document: CompareDocument, style: ReportStyle): string {
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
