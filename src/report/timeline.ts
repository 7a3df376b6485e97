/**
 * The series of runs with faults, drawn: one axis for all contestants, and under it for each what it granted, where something
 * was violated, and how long each fault lasted. Of one round, for a series is kept of no other.
 */
import type { FaultRecord, Result, RunResult, SeriesPoint } from '../contract/index.js';
import { formatCount, formatRate, formatSettingMs } from '../base/units.js';
import type { Ink } from '../base/paint.js';
import { drawnFaults } from './faults.js';
import { plural } from './text.js';

export interface DrawnLine {
  readonly text: string;
  readonly ink?: Ink;
}

const blocks = '▁▂▃▄▅▆▇█';
const nothing = '·';
const mark = '×';
/** A fault that left no span to draw; one that was to strike and did not. */
const instant = '│';
const absent = '○';
const labelShare = 0.36;
const labelLimit = 30;
const indent = 4;
const gap = 2;
/** Columns between two ticks of the axis, at least. */
const tickRoom = 10;

/** Empty where no run had a fault. */
export function timelines({ runs }: Pick<Result, 'runs'>, width: number): readonly DrawnLine[] {
  const shown = runs.filter(({ faults }) => faults.length > 0);
  if (shown.length === 0) return [];
  const limit = Math.min(labelLimit, Math.floor(width * labelShare));
  const windowMs = Math.max(...shown.map(windowOf));
  const rows = shown.map((run) => rowsOf(run, limit));
  const labelWidth = Math.max(...rows.flat().map(({ label }) => label.length));
  const plotWidth = width - indent - labelWidth - gap;
  const scale: Scale = { columns: plotWidth, columnMs: windowMs / plotWidth };
  const line = (label: string, plot: string): string => `${' '.repeat(indent)}${label.padEnd(labelWidth + gap)}${plot}`;
  return [
    { text: line('', axis(scale, windowMs)).trimEnd(), ink: 'dim' },
    ...shown.flatMap((run, at) => [
      { text: `  ${run.strategy}` },
      ...rows[at].map(({ label, plot, ink }) => {
        const text = line(label, plot(scale)).trimEnd();
        return ink === undefined ? { text } : { text, ink };
      }),
    ]),
  ];
}

interface Scale {
  readonly columns: number;
  readonly columnMs: number;
}

interface Row {
  readonly label: string;
  readonly ink?: Ink;
  plot(scale: Scale): string;
}

function rowsOf(run: RunResult, limit: number): readonly Row[] {
  const { series } = run;
  const topHz = Math.max(0, ...series.map((_, at) => rateHz(series, at)));
  const violations = series.reduce((sum, point) => sum + point.violations, 0);
  return [
    { label: `grants, top ${formatRate(topHz)}`, plot: (scale) => bars(series, topHz, scale) },
    ...(violations === 0
      ? []
      : [
          {
            label: `${plural(violations, 'violation')} (${formatCount(violations)})`,
            ink: 'red' as const,
            plot: (scale: Scale) => marks(series, scale),
          },
        ]),
    ...drawnFaults(run).map((fault) => ({
      label: labelOf(fault, limit),
      plot: (scale: Scale) => span(fault, windowOf(run), scale),
    })),
  ];
}

/** Of the round that the series is of. */
function windowOf({ series, durationMs, repeats }: RunResult): number {
  return series.at(-1)?.tMs ?? durationMs / Math.max(1, repeats.length);
}

function startMs(series: readonly SeriesPoint[], at: number): number {
  return at === 0 ? 0 : series[at - 1].tMs;
}

function rateHz(series: readonly SeriesPoint[], at: number): number {
  return (1000 * series[at].grants) / Math.max(1, series[at].tMs - startMs(series, at));
}

/** The height of a column is the rate over its time, as a share of the highest. */
function bars(series: readonly SeriesPoint[], topHz: number, { columns, columnMs }: Scale): string {
  return Array.from({ length: columns }, (_, column) => {
    const [fromMs, toMs] = [column * columnMs, (column + 1) * columnMs];
    let grants = 0;
    let coveredMs = 0;
    series.forEach(({ tMs }, at) => {
      const overlapMs = Math.min(toMs, tMs) - Math.max(fromMs, startMs(series, at));
      if (overlapMs <= 0) return;
      grants += (rateHz(series, at) * overlapMs) / 1000;
      coveredMs += overlapMs;
    });
    if (coveredMs === 0) return ' ';
    const share = topHz === 0 ? 0 : (1000 * grants) / coveredMs / topHz;
    return share <= 1e-9 ? nothing : blocks[Math.min(blocks.length - 1, Math.ceil(share * blocks.length - 1e-9) - 1)];
  }).join('');
}

function marks(series: readonly SeriesPoint[], scale: Scale): string {
  const line = Array.from({ length: scale.columns }, () => nothing);
  for (const { violationMs } of series) if (violationMs !== null) line[columnOf(violationMs, scale)] = mark;
  return line.join('');
}

function span({ intendedMs, startedMs, healedMs, effective }: FaultRecord, windowMs: number, scale: Scale): string {
  const line = Array.from({ length: scale.columns }, () => nothing);
  if (startedMs === null) {
    line[columnOf(intendedMs, scale)] = absent;
    return line.join('');
  }
  const open = healedMs === null || healedMs >= windowMs;
  const [from, to] = [columnOf(startedMs, scale), columnOf(open ? windowMs : healedMs, scale)];
  for (let column = from; column <= to; column += 1) line[column] = effective ? '─' : '╌';
  line[from] = from === to ? instant : '├';
  if (from !== to && !open) line[to] = '┤';
  return line.join('');
}

function columnOf(atMs: number, { columns, columnMs }: Scale): number {
  return Math.min(columns - 1, Math.max(0, Math.floor(atMs / columnMs)));
}

/** `cut master 2, master 4`, or `cut 2 servers` where that is too long. */
function labelOf({ name, target }: FaultRecord, limit: number): string {
  const servers = target === '' ? [] : target.split(', ');
  const full = `${name} ${servers.join(', ')}`.trim();
  if (full.length <= limit) return full;
  const short = servers.length > 1 ? `${name} ${servers.length} servers` : full;
  return short.length <= limit ? short : `${short.slice(0, limit - 3)}...`;
}

/** Ticks at round times, with room for their labels. */
function axis(scale: Scale, windowMs: number): string {
  const stepMs = roundUp((windowMs * tickRoom) / scale.columns);
  let line = '';
  for (let atMs = 0; atMs < windowMs; atMs += stepMs) {
    const label = formatSettingMs(atMs);
    const column = columnOf(atMs, scale);
    if (column + label.length <= scale.columns) line = line.padEnd(column) + (atMs === 0 ? '0' : label);
  }
  return line;
}

/** 1, 2 or 5 times a power of ten. */
function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, ms)));
  return power * ([1, 2, 5].find((factor) => factor * power >= ms) ?? 10);
}
