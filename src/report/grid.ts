/**
 * Columns of text under two header lines, fitted into a width: cells to the right, labels to the left. Where the width does
 * not suffice, whole columns go, in the order that the caller gives; a label too long for its column stands on a line of its
 * own above its figures, so that it is never cut. Knows nothing of results.
 */
import type { Ink, Paint } from '../base/paint.js';
import { breakLabel } from './text.js';

export interface Cell {
  readonly text: string;
  readonly ink?: Ink;
}

export interface Column {
  /** In full, for a table with room for it. */
  readonly title: string;
  /** Neighbours of one group stand under one heading. */
  readonly group?: string;
  readonly head: readonly [top: string, bottom: string];
  /** Columns of the lowest rank go first, all of one rank together; those without stay. */
  readonly rank?: number;
  readonly cells: readonly Cell[];
}

export interface Row {
  readonly label: string;
  /** Under the label, across all columns. */
  readonly remark?: string;
}

export interface Grid {
  readonly lines: readonly string[];
  /** Columns that did not fit. */
  readonly left: readonly Column[];
}

const gap = 2;
const labelHead = 'strategy';
/** A label column of this width leaves room for all other columns in a hundred. */
const labelRoom = 10;

export function layOut(rows: readonly Row[], columns: readonly Column[], width: number, paint: Paint): Grid {
  const longest = Math.max(0, ...rows.map(({ label }) => label.length));
  const shown = fitting(columns, width - Math.max(labelHead.length, Math.min(longest, labelRoom)));
  const room = width - sum(shown.map((column, at) => widthOf(column) + gapBefore(shown, at)));
  const fitted = rows.map(({ label }) => label.length).filter((length) => length <= room);
  const labelWidth = Math.max(labelHead.length, ...fitted);
  const lines = heads(shown, labelWidth).map((line) => paint('bold', line.trimEnd()));
  rows.forEach(({ label, remark }, row) => {
    const cells = shown.map((column, at) => cellText(column, row, gapBefore(shown, at), paint)).join('');
    if (label.length > labelWidth) lines.push(...breakLabel(label, width), ' '.repeat(labelWidth) + cells);
    else lines.push(label.padEnd(labelWidth) + cells);
    if (remark !== undefined) lines.push(paint('dim', `  ${remark}`));
  });
  return { lines, left: columns.filter((column) => !shown.includes(column)) };
}

/** Drops rank by rank until what is left fits. */
function fitting(columns: readonly Column[], width: number): readonly Column[] {
  const ranks = [...new Set(columns.flatMap(({ rank }) => rank ?? []))].sort((a, b) => a - b);
  let shown = columns;
  for (const rank of ranks) {
    if (sum(shown.map((column, at) => widthOf(column) + gapBefore(shown, at))) <= width) break;
    shown = shown.filter((column) => column.rank === undefined || column.rank > rank);
  }
  return shown;
}

function heads(columns: readonly Column[], labelWidth: number): [string, string] {
  let top = ' '.repeat(labelWidth);
  let bottom = labelHead.padEnd(labelWidth);
  columns.forEach((column, at) => {
    const before = ' '.repeat(gapBefore(columns, at));
    bottom += before + column.head[1].padStart(widthOf(column));
    if (column.group === undefined) top += before + column.head[0].padStart(widthOf(column));
    else if (!sameGroup(columns, at)) top += before + rule(column.group, groupWidth(columns, at));
  });
  return [top, bottom];
}

/** `---- wait ----` */
function rule(title: string, width: number): string {
  const dashes = width - title.length - 2;
  if (dashes < 2) return title.padStart(width);
  const left = Math.floor(dashes / 2);
  return `${'-'.repeat(left)} ${title} ${'-'.repeat(dashes - left)}`;
}

function groupWidth(columns: readonly Column[], from: number): number {
  let width = widthOf(columns[from]);
  for (let at = from + 1; at < columns.length && sameGroup(columns, at); at += 1) {
    width += gapBefore(columns, at) + widthOf(columns[at]);
  }
  return width;
}

function sameGroup(columns: readonly Column[], at: number): boolean {
  return at > 0 && columns[at].group !== undefined && columns[at].group === columns[at - 1].group;
}

/** Closer within a group. */
function gapBefore(columns: readonly Column[], at: number): number {
  return sameGroup(columns, at) ? 1 : gap;
}

function widthOf({ head, cells }: Column): number {
  return Math.max(...head.map((line) => line.length), ...cells.map(({ text }) => text.length));
}

function cellText(column: Column, row: number, before: number, paint: Paint): string {
  const { text, ink } = column.cells[row];
  const blanks = ' '.repeat(before + widthOf(column) - text.length);
  return blanks + (ink === undefined ? text : paint(ink, text));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
