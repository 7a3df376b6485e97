/** For a document: cases down, contestants across, what is behind each mark in footnotes. */
import { printable } from '../base/paint.js';
import { platformText, topologyText, type CaseResult, type CaseVerdict, type ConformDocument } from './results.js';
import { countsText, reasonText } from './words.js';

const marks: Readonly<Record<CaseVerdict, string>> = {
  pass: 'pass',
  fail: '**FAIL**',
  'not-claimed': '-',
  'not-applicable': 'n/a',
  error: 'error',
};

export function renderMarkdown({ results, partial }: ConformDocument): string {
  const notes: string[] = [];
  const noteOf = (text: string): string => {
    if (!notes.includes(text)) notes.push(text);
    return `[^${notes.indexOf(text) + 1}]`;
  };
  const names = [...new Set(results.flatMap(({ cases }) => cases.map((one) => one.case)))];
  const heads = results.map((one) => `${escaped(one.strategy)}<br>${platformText(one)}`);
  const rows = names.map((name) => {
    const found = results.map(({ cases }) => cases.find((one) => one.case === name));
    const behaviour = found.find((one) => one !== undefined)?.behaviour ?? '';
    return [`\`${name}\`<br>${escaped(behaviour)}`, ...found.map((one) => cell(one, noteOf))];
  });
  const blocks = [
    '## Conformance',
    results
      .map((result) => {
        const { strategy, topology } = result;
        return `- ${escaped(strategy)} on ${platformText(result)}, ${topologyText(topology)}: ${countsText(result)}`;
      })
      .join('\n'),
    table(['case', ...heads], rows),
    '`-`: not claimed. The footnote tells which claim is missing, and how the design behaves all the same.',
    notes.map((text, i) => `[^${i + 1}]: ${escaped(text)}`).join('\n'),
    partial ? 'Interrupted: what is missing was not run.' : '',
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function cell(one: CaseResult | undefined, noteOf: (text: string) => string): string {
  if (one === undefined) return '';
  const reason = reasonText(one);
  return one.verdict === 'pass' || reason === '' ? marks[one.verdict] : `${marks[one.verdict]}${noteOf(reason)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function escaped(text: string): string {
  return printable(text).replace(/[\\|*_<>[\]`]/g, '\\$&');
}
