/**
 * For CI: JUnit XML, one suite for the comparison, with a case for each gated metric and one each for validity, exclusion and
 * counts. A case fails where the exit code would. What is open passes with words, unless `--inconclusive fail` was given.
 */
import type { DocumentReporter } from '../../contract/index.js';
import { junitXml, type JunitCase, type JunitSuite } from '../../report/junit-xml.js';
import type { CompareDocument } from '../document.js';
import type { Metric } from '../judge.js';
import { sides } from '../plan.js';
import {
  changeText,
  countSentences,
  failureSentences,
  figureText,
  labelOf,
  metricTitles,
  noiseSentence,
  verdictText,
  violationSentence,
} from '../words.js';
import { speedOf, titleOf } from './sections.js';

export default {
  name: 'junit',
  help: 'JUnit XML for CI: a case for each gated metric, for validity, exclusion and counts',
  render: (document) =>
    junitXml([
      {
        name: titleOf(document),
        durationMs: measuredMs(document),
        startedAt: document.startedAt,
        properties: propertiesOf(document),
        cases: [
          validityCase(document),
          exclusionCase(document),
          ...document.metrics.filter(({ gated }) => gated).map((metric) => metricCase(document, metric)),
          ...countsCase(document),
        ],
      },
    ]),
} satisfies DocumentReporter<CompareDocument>;

function validityCase(document: CompareDocument): JunitCase {
  const { invalid, partial } = document;
  const output = `the machine: ${noiseSentence(document)}`;
  const base = { name: 'the run is valid', group: 'validity', evidence: [], output };
  if (invalid.length > 0) return { ...base, outcome: 'failure', message: invalid.join('; ') };
  if (partial) return { ...base, outcome: 'skipped', message: 'it was interrupted' };
  return { ...base, outcome: 'passed', message: '' };
}

function exclusionCase(document: CompareDocument): JunitCase {
  const { candidate } = document.exact;
  const base = { name: 'the candidate excludes', group: 'exclusion', evidence: [] };
  const message = violationSentence(document);
  if (candidate.violations > 0) return { ...base, outcome: 'failure', message };
  if (candidate.checked === 0) return { ...base, outcome: 'skipped', message };
  return { ...base, outcome: 'passed', message: '', output: message };
}

function metricCase(document: CompareDocument, metric: Metric): JunitCase {
  const base = { name: metricTitles[metric.name], group: 'metric', evidence: [] };
  const told = metric.change === null ? verdictText(metric) : `${verdictText(metric)}: ${changeText(metric)}`;
  if (document.verdict === 'invalid')
    return { ...base, outcome: 'skipped', message: `${told}; a run that is not valid decides nothing` };
  const figures = sides.map((side) => `${labelOf(document, side)}: ${figureText(metric, metric[side])}`);
  if (isProven(document, metric) || isOpenAndFails(document, metric))
    return { ...base, outcome: 'failure', message: told, evidence: [...figures, speedOf(document)] };
  // Why what looks like an answer is none.
  const open = document.verdict === 'inconclusive' || metric.verdict === 'regression' ? [speedOf(document)] : [];
  return { ...base, outcome: 'passed', message: '', output: [told, ...figures, ...open].join('\n') };
}

/** In a comparison an alarm counts only when it has shown again, in all generations together. */
function isProven({ verdict, confirmation }: CompareDocument, { name, verdict: own }: Metric): boolean {
  if (verdict !== 'regression' || own !== 'regression') return false;
  const together = confirmation?.metrics.find((one) => one.name === name);
  return together === undefined || together.verdict === 'regression';
}

/** An alarm that did not show again, or a headline without an answer: p99 is mostly open, and decides nothing then. */
function isOpenAndFails({ verdict, inconclusiveFails }: CompareDocument, { name, verdict: own }: Metric): boolean {
  if (verdict !== 'inconclusive' || !inconclusiveFails) return false;
  return own === 'regression' || (own === 'inconclusive' && name !== 'cycleP99');
}

/** A difference fails nothing: a fence may well be worth a command. Where contenders meet the counts are no measure. */
function countsCase(document: CompareDocument): readonly JunitCase[] {
  if (!document.exact.comparable) return [];
  const output = [...countSentences(document), ...failureSentences(document)].join('\n');
  return [{ name: 'commands and round trips', group: 'counts', outcome: 'passed', message: '', evidence: [], output }];
}

function propertiesOf({
  plan,
  kind,
  seed,
  folder,
  verdict,
  exitCode,
  partial,
  environment,
}: CompareDocument): JunitSuite['properties'] {
  return {
    kind,
    seed,
    document: folder === null ? 'not stored' : `${folder}/compare.json`,
    lockbench: environment.lockbench,
    baseline: plan.baseline.label,
    candidate: plan.candidate.label,
    verdict,
    exitCode,
    partial,
  };
}

/** Of the windows of both sides. */
function measuredMs({ generations, confirming }: CompareDocument): number {
  const pairs = [...generations, ...confirming].flatMap((one) => one.pairs);
  return pairs.reduce((sum, { baseline, candidate }) => sum + baseline.windowMs + candidate.windowMs, 0);
}
