/** For GitHub Actions: what a reviewer must know of a comparison, as annotations, the gravest first. */
import type { DocumentReporter } from '../../contract/index.js';
import { type Annotation, workflowCommands } from '../../report/annotations.js';
import type { CompareDocument } from '../document.js';
import { countSentences, failureSentences, violationSentence } from '../words.js';
import { speedOf, titleOf } from './sections.js';

export default {
  name: 'github',
  help: 'annotations for GitHub Actions: violations, a regression, a run that is not valid',
  render: (document) =>
    workflowCommands([...violations(document), ...verdict(document), ...unfinished(document), counts(document)]),
} satisfies DocumentReporter<CompareDocument>;

/** Those of the baseline fail nothing: a candidate that mends them must not suffer for it. */
function violations(document: CompareDocument): readonly Annotation[] {
  const { baseline, candidate } = document.exact;
  if (baseline.violations === 0 && candidate.violations === 0) return [];
  return [
    {
      level: candidate.violations > 0 ? 'error' : 'warning',
      title: `${titleOf(document)}: mutual exclusion`,
      text: violationSentence(document),
    },
  ];
}

function verdict(document: CompareDocument): readonly Annotation[] {
  const open = document.verdict === 'inconclusive' && document.inconclusiveFails;
  const level =
    document.verdict === 'invalid' ? 'warning' : document.verdict === 'regression' || open ? 'error' : 'notice';
  return [{ level, title: `${titleOf(document)}: ${document.verdict}`, text: speedOf(document) }];
}

function unfinished({ partial }: CompareDocument): readonly Annotation[] {
  if (!partial) return [];
  const text = 'it did not run to its end; the figures are of what was measured until then';
  return [{ level: 'warning', title: 'lockbench: partial comparison', text }];
}

function counts(document: CompareDocument): Annotation {
  return {
    level: 'notice',
    title: `${titleOf(document)}: counts`,
    text: [...countSentences(document), ...failureSentences(document)].join('\n'),
  };
}
