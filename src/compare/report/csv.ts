/**
 * For spreadsheets: one row for each metric, flat columns with the unit last. The columns are the same for every comparison, so
 * that files can be put under one another; what is not of one metric stands in each of its rows.
 */
import type { DocumentReporter } from '../../contract/index.js';
import { csvText, type Field } from '../../report/csv-text.js';
import type { CompareDocument } from '../document.js';
import type { SideCounts } from '../exact.js';
import type { Metric } from '../judge.js';
import { sides, type Side } from '../plan.js';

type Column = readonly [name: string, of: (document: CompareDocument, metric: Metric) => Field];

const metricColumns: readonly Column[] = [
  ['metric', (_, metric) => metric.name],
  // Of the figures of both sides.
  ['unit', (_, metric) => metric.unit],
  ['gated', (_, metric) => metric.gated],
  ['baselineFigure', (_, metric) => metric.baseline],
  ['candidateFigure', (_, metric) => metric.candidate],
  ['changeRatio', (_, metric) => metric.change?.estimate ?? null],
  ['changeLowRatio', (_, metric) => metric.change?.low ?? null],
  ['changeHighRatio', (_, metric) => metric.change?.high ?? null],
  ['metricVerdict', (_, metric) => metric.verdict],
  ['floorRatio', (_, metric) => metric.floor],
  ['smallestRatio', (_, metric) => metric.smallest],
];

const columns: readonly Column[] = [
  ['schemaVersion', (document) => document.schemaVersion],
  ['kind', (document) => document.kind],
  ['startedAt', (document) => document.startedAt],
  ['seed', (document) => document.seed],
  ['partial', (document) => document.partial],
  ['verdict', (document) => document.verdict],
  ['baseline', (document) => document.plan.baseline.label],
  ['candidate', (document) => document.plan.candidate.label],
  ['baselineCommit', (document) => document.plan.baseline.commit],
  ['candidateCommit', (document) => document.plan.candidate.commit],
  ['baselineClient', (document) => document.plan.baseline.client],
  ['candidateClient', (document) => document.plan.candidate.client],
  ['contenders', (document) => document.plan.contenders],
  ['keys', (document) => document.plan.keys],
  ['ttlMs', (document) => document.plan.ttlMs],
  ['holdMs', (document) => document.plan.holdMs],
  ['thinkMs', (document) => document.plan.thinkMs],
  ...metricColumns,
  ['generations', (document) => document.generations.length],
  ['confirmingGenerations', (document) => document.confirming.length],
  ['slices', (document) => document.design.slices],
  ['sliceMs', (document) => document.design.sliceMs],
  ...sides.flatMap(countColumns),
  ['countsComparable', (document) => document.exact.comparable],
  ['invalid', (document) => document.invalid.join('; ')],
  ['folder', (document) => document.folder],
];

export default {
  name: 'csv',
  help: 'one row for each metric, for spreadsheets',
  render: (document) =>
    csvText([
      columns.map(([name]) => name),
      ...document.metrics.map((metric) => columns.map(([, of]) => of(document, metric))),
    ]),
} satisfies DocumentReporter<CompareDocument>;

function countColumns(side: Side): readonly Column[] {
  const column = (name: string, of: (counts: SideCounts) => Field): Column => [
    `${side}${name}`,
    (document) => of(document.exact[side]),
  ];
  return [
    column('Grants', ({ grants }) => grants),
    column('CheckedGrants', ({ checked }) => checked),
    column('Violations', ({ violations }) => violations),
    column('CommandsPerGrant', ({ commandsPerGrant }) => commandsPerGrant),
    column('RoundTripsPerGrant', ({ roundTripsPerGrant }) => roundTripsPerGrant),
  ];
}
