/** For a document: cases down, contestants across, what is behind each mark in footnotes. */
import type { DocumentReporter } from '../../contract/index.js';
import { escapedMarkdown } from '../../report/markdown-text.js';
import { platformText, type CaseResult, type CaseVerdict, type ConformDocument } from '../results.js';
import { contestantText, countsText, reasonText } from '../words.js';

export default {
  name: 'markdown',
  help: 'cases down, contestants across, for a document',
  render,
} satisfies DocumentReporter<ConformDocument>;

const marks: Readonly<Record<CaseVerdict, string>> = {
  pass: 'pass',
  fail: '**FAIL**',
  'not-claimed': '-',
  'not-applicable': 'n/a',
  error: 'error',
};

function render({ results, partial, command, versions }: ConformDocument): string {
  const notes: string[] = [];
  const noteOf = (text: string): string => {
    if (!notes.includes(text)) notes.push(text);
    return `[^${notes.indexOf(text) + 1}]`;
  };
  const names = [...new Set(results.flatMap(({ cases }) => cases.map((one) => one.case)))];
  const heads = results.map((one) => `${escapedMarkdown(one.strategy)}<br>${platformText(one)}`);
  const rows = names.map((name) => {
    const found = results.map(({ cases }) => cases.find((one) => one.case === name));
    const behaviour = found.find((one) => one !== undefined)?.behaviour ?? '';
    return [`\`${name}\`<br>${escapedMarkdown(behaviour)}`, ...found.map((one) => cell(one, noteOf))];
  });
  const blocks = [
    '## Conformance',
    command === undefined ? '' : `Made by \`${command}\`. A run on another machine differs in what hangs on timing.`,
    versions === undefined ? '' : versionsText(versions),
    results.map((result) => `- ${escapedMarkdown(contestantText(result))}: ${countsText(result)}`).join('\n'),
    table(['case', ...heads], rows),
    '`-`: not claimed. The footnote tells which claim is missing, and how the design behaves all the same.',
    notes.map((text, i) => `[^${i + 1}]: ${escapedMarkdown(text)}`).join('\n'),
    partial ? 'Interrupted: what is missing was not run.' : '',
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function versionsText(versions: Readonly<Record<string, string>>): string {
  const all = Object.entries(versions).map(([name, version]) => `${escapedMarkdown(name)} ${version}`);
  return `Versions: ${all.join(', ')}.`;
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
