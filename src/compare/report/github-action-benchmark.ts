/**
 * For github-action-benchmark, tool `customSmallerIsBetter`: the medians of both sides, and of the cycle their ratio with its
 * interval. A chart of the candidate alone shows how busy each runner was; beside the baseline, and better still over it, what
 * changed. A run that is not valid has no points: a chart would keep them.
 */
import type { DocumentReporter } from '../../contract/index.js';
import type { CompareDocument } from '../document.js';
import type { Metric } from '../judge.js';
import { sides } from '../plan.js';
import { labelOf, metricTitles } from '../words.js';
import { titleOf } from './sections.js';

interface Point {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range?: string;
  readonly extra: string;
}

export default {
  name: 'github-action-benchmark',
  help: 'customSmallerIsBetter of github-action-benchmark: medians of both sides, and their ratio',
  render: (document) => `${JSON.stringify(document.verdict === 'invalid' ? [] : points(document), null, 2)}\n`,
} satisfies DocumentReporter<CompareDocument>;

function points(document: CompareDocument): readonly Point[] {
  const medians = document.metrics.filter(({ name }) => name === 'cycleP50' || name === 'acquireP50');
  const { generations, design, seed } = document;
  const extra = `${generations.length} generations x ${design.slices} slices of ${design.sliceMs} ms, seed ${seed}`;
  const ofSides = sides.flatMap((side) =>
    medians.flatMap((metric) => {
      const value = metric[side];
      if (value === null) return [];
      return [{ name: `${labelOf(document, side)}: ${metricTitles[metric.name]}`, unit: metric.unit, value, extra }];
    }),
  );
  return [
    ...ofSides,
    ...medians.filter(({ name }) => name === 'cycleP50').flatMap((one) => ratio(document, one, extra)),
  ];
}

function ratio(document: CompareDocument, { name, change }: Metric, extra: string): readonly Point[] {
  if (change === null) return [];
  const [value, low, high] = [change.estimate, change.low, change.high].map((one) => Number((1 + one).toFixed(4)));
  return [
    { name: `${titleOf(document)}: ${metricTitles[name]}`, unit: 'ratio', value, range: `${low}..${high}`, extra },
  ];
}
