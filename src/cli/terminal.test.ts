import { describe, expect, it } from 'vitest';
import { terminalStyle } from './terminal.js';

const terminal = { isTTY: true, columns: 120 };
const pipe = {};

describe('terminalStyle', () => {
  it('gives a terminal colour, redrawing and its own width', () => {
    expect(terminalStyle(terminal, { TERM: 'xterm' })).toEqual({ columns: 120, colour: true, live: true });
  });

  it('gives a pipe none of them, and the width of a page or what COLUMNS says', () => {
    expect(terminalStyle(pipe, {})).toEqual({ columns: 100, colour: false, live: false });
    expect(terminalStyle(pipe, { COLUMNS: '72' }).columns).toBe(72);
    expect(terminalStyle(pipe, { COLUMNS: 'wide' }).columns).toBe(100);
    expect(terminalStyle({ isTTY: true, columns: 0 }, {}).columns).toBe(100);
  });

  it('honours NO_COLOR, and redraws all the same', () => {
    expect(terminalStyle(terminal, { NO_COLOR: '1' })).toMatchObject({ colour: false, live: true });
    expect(terminalStyle(terminal, { NO_COLOR: '' }).colour).toBe(true);
  });

  it('honours FORCE_COLOR over NO_COLOR, but redraws no pipe', () => {
    expect(terminalStyle(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' })).toMatchObject({ colour: true, live: false });
    expect(terminalStyle(pipe, { FORCE_COLOR: '' }).colour).toBe(true);
    expect(terminalStyle(terminal, { FORCE_COLOR: '0' }).colour).toBe(false);
    expect(terminalStyle(terminal, { FORCE_COLOR: 'false' }).colour).toBe(false);
  });

  it('asks nothing of a dumb terminal', () => {
    expect(terminalStyle(terminal, { TERM: 'dumb' })).toMatchObject({ colour: false, live: false });
  });
});
