/** For a pull request or a meeting: all columns, the words, the verdicts, and what it ran on, in GitHub's markdown. */
import type { Reporter, Result } from '../contract/index.js';
import { printable } from '../base/paint.js';
import { spreadOf, textsOf, titlesOf } from './columns.js';
import { checkFacts, planLines, rateFacts, repeatWith, setupFacts, type Fact } from './facts.js';
import { faultFacts } from './faults.js';
import { escapedMarkdown } from './markdown-text.js';
import { thresholdFacts } from './thresholds.js';
import { timelines } from './timeline.js';
import { whatStandsOut, type Word } from './words.js';

/** As wide as a page shows without scrolling. */
const timelineWidth = 90;

export default {
  name: 'markdown',
  help: 'tables and words for a pull request or a meeting',
  render(result) {
    const again = repeatWith(result);
    const { cpu, cores, node, os, commit } = result.environment;
    const blocks = [
      ['## lockbench'],
      planLines(result).map((line) => `${escapedMarkdown(line)}  `),
      figures(result),
      timelineBlock(result),
      factList('### Arrival rate', rateFacts(result)),
      wordList(whatStandsOut(result)),
      factList('### Thresholds', thresholdFacts(result)),
      factList('### Faults', faultFacts(result)),
      factList('### Checks', checkFacts(result)),
      factList('### Ran on', setupFacts(result)),
      [escapedMarkdown(`${cores} cores, ${cpu}, ${os}, Node ${node}${commit === null ? '' : `, commit ${commit}`}.`)],
      again === null ? [] : [`${escapedMarkdown(again.words)} ${code(again.command)}`],
      result.folder === null ? [] : [`Results: ${code(result.folder)}`],
    ];
    return `${blocks
      .filter((block) => block.length > 0)
      .map((block) => block.join('\n'))
      .join('\n\n')}\n`;
  },
} satisfies Reporter;

function figures({ runs }: Result): readonly string[] {
  if (runs.length === 0) return [];
  const rounds = runs.some(({ repeats }) => repeats.length > 1);
  const head = rounds ? [...titlesOf(runs), 'spread over rounds'] : titlesOf(runs);
  const texts = textsOf(runs);
  return [
    row(head),
    row(head.map((_, column) => (column === 0 ? ':--' : '--:'))),
    ...runs.map((run, i) =>
      row([
        codeInTable(run.strategy),
        ...texts[i].map(escapedMarkdown),
        ...(rounds ? [escapedMarkdown(spreadOf(run) ?? '')] : []),
      ]),
    ),
  ];
}

function timelineBlock(result: Result): readonly string[] {
  const drawn = timelines(result, timelineWidth);
  if (drawn.length === 0) return [];
  const first = result.runs.some(({ repeats }) => repeats.length > 1) ? ' of the first round' : '';
  return [`### Timeline${first}`, '', '```text', ...drawn.map(({ text }) => verbatim(text)), '```'];
}

function wordList(words: readonly Word[]): readonly string[] {
  if (words.length === 0) return [];
  return ['### What stands out', '', ...words.flatMap(bullet)];
}

function bullet({ level, text, evidence = [] }: Word): readonly string[] {
  const title = level === 'violation' ? '**VIOLATION** ' : level === 'warning' ? '**warning** ' : '';
  const line = `- ${title}${escapedMarkdown(text)}`;
  if (evidence.length === 0) return [line];
  return [line, '', '  ```text', ...evidence.map((told) => `  ${verbatim(told)}`), '  ```', ''];
}

function factList(title: string, facts: readonly Fact[]): readonly string[] {
  if (facts.length === 0) return [];
  return [title, '', ...facts.map(({ labels, text }) => `- ${labels.map(code).join(', ')}: ${escapedMarkdown(text)}`)];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A line of a code block. */
function verbatim(text: string): string {
  return printable(text).replaceAll('```', "'''");
}

function code(text: string): string {
  return `\`${printable(text).replaceAll('`', "'")}\``;
}

/** Within a table even code has to hide its bars. */
function codeInTable(text: string): string {
  return code(text).replaceAll('|', '\\|');
}
