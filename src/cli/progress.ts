/**
 * What a person sees while it runs. On a terminal one line, redrawn in place and gone before anything else is printed;
 * elsewhere a line every few seconds, without control characters. Time comes with the ticks: there is no timer here. A stream
 * that nobody reads any more is written to no longer, and never an error: the run goes on.
 */
import type { Observer } from '../run/observer.js';
import { painter, printable } from '../base/paint.js';
import { cut, tickPieces, tickText, type Piece } from './progress-line.js';

/** What the run tells, and the frame around it. Notes are printed even when quiet. */
export interface Progress extends Observer {
  header(lines: readonly string[]): void;
  /** Leaves a clean line behind; nothing is drawn after it. May be called twice. */
  end(): void;
}

export interface ProgressOptions {
  readonly live: boolean;
  readonly colour: boolean;
  /** Notes only. */
  readonly quiet: boolean;
}

const firstLineMs = 2000;
const lineEveryMs = 5000;

const guarded = new WeakSet<NodeJS.WriteStream>();
const deaf = new WeakSet<NodeJS.WriteStream>();

export function createProgress(stream: NodeJS.WriteStream, options: ProgressOptions): Progress {
  guard(stream);
  if (options.quiet) return quietProgress(stream);
  return options.live ? liveProgress(stream, options.colour) : lineProgress(stream);
}

function quietProgress(stream: NodeJS.WriteStream): Progress {
  return {
    header: () => {},
    phase: () => {},
    tick: () => {},
    note: (text) => writeLine(stream, printable(text)),
    end: () => {},
  };
}

function lineProgress(stream: NodeJS.WriteStream): Progress {
  let label = '';
  let lastMs = 0;
  let nextMs = firstLineMs;
  return {
    header: (lines) => lines.forEach((line) => writeLine(stream, printable(line))),
    phase: (text) => writeLine(stream, printable(text)),
    tick(state) {
      // Another contestant, or another round of the same one: its clock starts again.
      if (state.label !== label || state.elapsedMs < lastMs) nextMs = firstLineMs;
      label = state.label;
      lastMs = state.elapsedMs;
      if (state.elapsedMs < nextMs) return;
      nextMs = state.elapsedMs + lineEveryMs;
      writeLine(stream, tickText(state));
    },
    note: (text) => writeLine(stream, printable(text)),
    end: () => {},
  };
}

function liveProgress(stream: NodeJS.WriteStream, colour: boolean): Progress {
  const paint = painter(colour);
  let draw: (() => string) | null = null;
  let dirty = false;
  let ended = false;
  const clear = (): void => {
    if (dirty) write(stream, '\r\u001b[J');
    dirty = false;
  };
  const redraw = (): void => {
    if (draw === null || ended) return;
    write(stream, `\r${draw()}\u001b[J`);
    dirty = true;
  };
  const show = (pieces: (columns: number) => readonly Piece[]): void => {
    draw = () => {
      const columns = (stream.columns || 80) - 1;
      return cut(pieces(columns), columns)
        .map(({ text, ink }) => (ink === undefined ? text : paint(ink, text)))
        .join('');
    };
    redraw();
  };
  stream.on('resize', redraw);
  return {
    header(lines) {
      clear();
      lines.forEach((line, at) =>
        writeLine(stream, at === 0 ? paint('bold', printable(line)) : paint('dim', printable(line))),
      );
    },
    phase: (text) => show(() => [{ text: `${printable(text)} ...`, ink: 'dim' }]),
    tick: (state) => show((columns) => tickPieces(state, columns)),
    note(text) {
      clear();
      writeLine(stream, printable(text));
      redraw();
    },
    end() {
      clear();
      ended = true;
      stream.off('resize', redraw);
    },
  };
}

function writeLine(stream: NodeJS.WriteStream, text: string): void {
  write(stream, `${text}\n`);
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (deaf.has(stream) || stream.destroyed) return;
  try {
    stream.write(text);
  } catch {
    deaf.add(stream);
  }
}

/** Once for each stream, and for good: EPIPE comes when it comes, after the end too. */
function guard(stream: NodeJS.WriteStream): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => deaf.add(stream));
}
