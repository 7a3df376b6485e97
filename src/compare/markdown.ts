/** For a pull request or a meeting. */
import { printable } from '../base/paint.js';
import type { CompareDocument } from './document.js';
import { labelOf } from './words.js';
import { heads, notesOf, rowsOf, summaryOf } from './table.js';

export function renderMarkdown(document: CompareDocument): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const titles = [
    '',
    `${heads[1]}: ${labelOf(document, 'baseline')}`,
    `${heads[2]}: ${labelOf(document, 'candidate')}`,
    ...heads.slice(3),
  ];
  return `${[
    `**${escaped(summaryOf(document))}**`,
    [line(titles), `|${' --- |'.repeat(heads.length)}`, ...rowsOf(document).map(line)].join('\n'),
    notesOf(document)
      .map((text) => `- ${escaped(text)}`)
      .join('\n'),
  ].join('\n\n')}\n`;
}

function escaped(text: string): string {
  return printable(text).replace(/[\\|*_<>`]/g, '\\$&');
}
