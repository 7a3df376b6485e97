/** For a pull request or a meeting. */
import type { DocumentReporter } from '../../contract/index.js';
import { escapedMarkdown } from '../../report/markdown-text.js';
import type { CompareDocument } from '../document.js';
import { labelOf } from '../words.js';
import { heads, notesOf, rowsOf, summaryOf } from './sections.js';

export default {
  name: 'markdown',
  help: 'a table and words for a pull request or a meeting',
  render(document) {
    const titles = [
      '',
      `${heads[1]}: ${labelOf(document, 'baseline')}`,
      `${heads[2]}: ${labelOf(document, 'candidate')}`,
      ...heads.slice(3),
    ];
    return `${[
      `## ${document.kind === 'calibrate' ? 'Calibration' : 'Comparison'}`,
      `**${escapedMarkdown(summaryOf(document))}**`,
      [row(titles), `|${' --- |'.repeat(heads.length)}`, ...rowsOf(document).map(row)].join('\n'),
      notesOf(document)
        .map((text) => `- ${escapedMarkdown(text)}`)
        .join('\n'),
    ].join('\n\n')}\n`;
  },
} satisfies DocumentReporter<CompareDocument>;

function row(cells: readonly string[]): string {
  return `| ${cells.map(escapedMarkdown).join(' | ')} |`;
}
