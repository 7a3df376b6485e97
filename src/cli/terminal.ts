/**
 * What a stream can show, from what it is and what the environment asks for. Source: no-color.org, force-color.org; where both
 * are set FORCE_COLOR wins, as in Node itself. A pipe gets no colour, no redrawing, and the width of a page.
 */
import type { ReportStyle } from '../contract/index.js';

export interface TerminalStyle extends ReportStyle {
  /** Lines can be redrawn in place. */
  readonly live: boolean;
}

/** What is asked of a stream; `process.stdout` and `process.stderr` have it. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const pageColumns = 100;

export function terminalStyle(stream: Screen, env: Readonly<Record<string, string | undefined>>): TerminalStyle {
  const capable = stream.isTTY === true && env.TERM !== 'dumb';
  return { columns: columnsOf(stream, env), colour: forced(env) ?? (capable && !isSet(env.NO_COLOR)), live: capable };
}

function forced({ FORCE_COLOR: force }: Readonly<Record<string, string | undefined>>): boolean | null {
  if (force === undefined) return null;
  return force !== '0' && force !== 'false';
}

/** An empty NO_COLOR is none. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function columnsOf(stream: Screen, env: Readonly<Record<string, string | undefined>>): number {
  if (stream.isTTY === true && stream.columns !== undefined && stream.columns > 0) return stream.columns;
  const asked = Number(env.COLUMNS);
  return Number.isInteger(asked) && asked > 0 ? asked : pageColumns;
}
