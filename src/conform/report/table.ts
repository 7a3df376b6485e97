/** For a terminal: one block for each contestant, with what was not simply passed. */
import { painter, printable, type Ink } from '../../base/paint.js';
import type { DocumentReporter, ReportStyle } from '../../contract/index.js';
import type { CaseResult, CaseVerdict, ConformDocument } from '../results.js';
import { contestantText, countsText, reasonText, verdictOrder } from '../words.js';

export default {
  name: 'table',
  help: 'a block for each contestant, for a terminal',
  render,
} satisfies DocumentReporter<ConformDocument>;

const marks: Readonly<Record<CaseVerdict, readonly [text: string, ink: Ink]>> = {
  fail: ['FAIL', 'red'],
  error: ['error', 'red'],
  'not-claimed': ['not claimed', 'yellow'],
  'not-applicable': ['n/a', 'dim'],
  pass: ['pass', 'green'],
};
const markWidth = 13;

function render({ results, partial }: ConformDocument, style: ReportStyle): string {
  const paint = painter(style.colour);
  const lines: string[] = [];
  for (const result of results) {
    const { cases } = result;
    lines.push(paint('bold', contestantText(result)), `  ${countsText(result)}`);
    for (const verdict of verdictOrder) {
      if (verdict === 'pass' || verdict === 'not-applicable') continue;
      for (const one of cases.filter((candidate) => candidate.verdict === verdict))
        lines.push(...caseLines(one, style));
    }
    for (const [reason, names] of inapplicable(cases)) {
      const text = `${reason}: ${names.join(', ')}`;
      const [mark, ink] = marks['not-applicable'];
      const [first, ...rest] = wrapped(text, style.columns - 2 - markWidth);
      lines.push(`  ${paint(ink, mark.padEnd(markWidth))}${first}`, ...rest.map((line) => indent(line)));
    }
    lines.push('');
  }
  if (partial) lines.push('Interrupted: what is missing was not run.', '');
  return `${lines.join('\n')}\n`;
}

function caseLines(one: CaseResult, style: ReportStyle): string[] {
  const paint = painter(style.colour);
  const [mark, ink] = marks[one.verdict];
  const room = style.columns - 2 - markWidth;
  return [
    `  ${paint(ink, mark.padEnd(markWidth))}${paint('bold', one.case)}`,
    ...wrapped(one.behaviour, room).map((line) => indent(line)),
    ...wrapped(reasonText(one), room).map((line) => paint(one.verdict === 'fail' ? 'red' : 'dim', indent(line))),
  ];
}

function inapplicable(cases: readonly CaseResult[]): ReadonlyMap<string, readonly string[]> {
  const reasons = new Map<string, string[]>();
  for (const { verdict, evidence, case: name } of cases) {
    if (verdict !== 'not-applicable') continue;
    reasons.set(evidence, [...(reasons.get(evidence) ?? []), name]);
  }
  return reasons;
}

function indent(line: string): string {
  return ' '.repeat(2 + markWidth) + line;
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of printable(text).split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > Math.max(30, width)) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
