/** For GitHub Actions: claims that are broken, as annotations, the gravest first. */
import type { DocumentReporter } from '../../contract/index.js';
import { type Annotation, workflowCommands } from '../../report/annotations.js';
import type { CaseVerdict, ConformDocument } from '../results.js';
import { contestantText, countsText } from '../words.js';

export default {
  name: 'github',
  help: 'annotations for GitHub Actions: claims that are broken, cases that could not be tried',
  render: (document) =>
    workflowCommands([
      ...found(document, 'fail', 'error'),
      ...found(document, 'error', 'warning'),
      ...unfinished(document),
      ...document.results.map((result): Annotation => {
        return { level: 'notice', title: `lockbench: ${contestantText(result)}`, text: countsText(result) };
      }),
    ]),
} satisfies DocumentReporter<ConformDocument>;

/** An error of the suite says nothing of the design, so it is but a warning. */
function found({ results }: ConformDocument, verdict: CaseVerdict, level: Annotation['level']): readonly Annotation[] {
  return results.flatMap((result) =>
    result.cases
      .filter((one) => one.verdict === verdict)
      .map((one) => ({
        level,
        title: `${contestantText(result)}: ${one.case}`,
        text: [one.behaviour, one.evidence].join('\n'),
      })),
  );
}

function unfinished({ partial }: ConformDocument): readonly Annotation[] {
  if (!partial) return [];
  return [
    { level: 'warning', title: 'lockbench: partial conformance', text: 'interrupted: what is missing was not run' },
  ];
}
