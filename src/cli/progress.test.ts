import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.js';
import type { Tick } from '../run/observer.js';

/** Keeps what was written; breaks when told to. */
class FakeStream extends EventEmitter {
  columns: number | undefined;
  destroyed = false;
  throws = false;
  text = '';

  constructor(columns?: number) {
    super();
    this.columns = columns;
  }

  write(text: string): boolean {
    if (this.throws) throw new Error('write after end');
    this.text += text;
    return true;
  }

  /** What stands on the screen: each line as last redrawn. */
  get screen(): string[] {
    return this.text.split('\n').map((line) => (line.split('\r').at(-1) ?? '').replace(/\u001b\[[\d;]*[A-Za-z]/g, '')); // eslint-disable-line no-control-regex
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

const asStream = (stream: FakeStream): NodeJS.WriteStream => stream as unknown as NodeJS.WriteStream;
const live = { live: true, colour: false, quiet: false };
const logged = { live: false, colour: false, quiet: false };

function tick(changes: Partial<Tick> = {}): Tick {
  return {
    label: 'redlock',
    elapsedMs: 4000,
    totalMs: 10_000,
    grants: 5000,
    rateHz: 1243.2,
    p99Us: 12_340,
    violations: 0,
    ...changes,
  };
}

describe('progress on a terminal', () => {
  it('is one line with the time, the rate, p99 and the violations', () => {
    const stream = new FakeStream(100);
    createProgress(asStream(stream), live).tick(tick());
    expect(stream.screen).toEqual([
      'redlock  ##########.............. 4.0s of 10.0s, 6.0s left  1,240/s, p99 12.3ms  0 violations',
    ]);
  });

  it.each([1, 10, 20, 40, 60, 80, 200])('never reaches the end of a line of %d columns', (columns) => {
    const stream = new FakeStream(columns);
    const progress = createProgress(asStream(stream), live);
    progress.tick(tick({ label: 'redlock@fanout=sequential,client=node-redis', violations: 1_234_567 }));
    progress.tick(tick({ totalMs: null, done: 1200, total: 5000 }));
    progress.phase('starting 5 independent Redis and waiting for them to answer'.repeat(3));
    const drawn = stream.text.split('\r').map((line) => line.replace('\u001b[J', ''));
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThan(Math.max(columns, 1));
  });

  it('keeps the violations in sight when space is short', () => {
    const stream = new FakeStream(56);
    createProgress(asStream(stream), live).tick(tick({ violations: 3 }));
    expect(stream.screen).toEqual(['redlock  #####........ 6.0s left  1,240/s  3 violations']);
  });

  it('estimates the rest of a run that ends by count', () => {
    const stream = new FakeStream(120);
    const progress = createProgress(asStream(stream), live);
    progress.tick(tick({ totalMs: null, done: 0, total: 5000 }));
    expect(stream.screen[0]).toContain('0 of 5,000, ? left');
    progress.tick(tick({ totalMs: null, done: 1000, total: 5000 }));
    expect(stream.screen[0]).toContain('1,000 of 5,000, 16.0s left');
  });

  it('follows a change of width', () => {
    const stream = new FakeStream(100);
    const progress = createProgress(asStream(stream), live);
    progress.tick(tick());
    stream.columns = 30;
    stream.emit('resize');
    expect(stream.screen[0].length).toBeLessThan(30);
    progress.end();
    expect(stream.listenerCount('resize')).toBe(0);
  });

  it('makes room for a note and comes back', () => {
    const stream = new FakeStream(100);
    const progress = createProgress(asStream(stream), live);
    progress.header(['seed 1', 'a plan']);
    progress.tick(tick());
    progress.note('server 2 went away');
    expect(stream.screen.slice(0, 3)).toEqual(['seed 1', 'a plan', 'server 2 went away']);
    expect(stream.screen[3]).toMatch(/^redlock /);
  });

  it('leaves nothing behind, and draws no more after the end', () => {
    const stream = new FakeStream(100);
    const progress = createProgress(asStream(stream), live);
    progress.tick(tick());
    progress.end();
    progress.tick(tick({ elapsedMs: 5000 }));
    progress.end();
    expect(stream.screen).toEqual(['']);
  });

  it('colours the violations when there are any', () => {
    const stream = new FakeStream(100);
    createProgress(asStream(stream), { ...live, colour: true }).tick(tick({ violations: 2 }));
    expect(stream.text).toContain('\u001b[31m2 violations\u001b[39m');
  });
});

describe('progress in a log', () => {
  it('is a line after two seconds and then every five, without control characters', () => {
    const stream = new FakeStream();
    const progress = createProgress(asStream(stream), logged);
    for (let elapsedMs = 250; elapsedMs <= 13_000; elapsedMs += 250)
      progress.tick(tick({ elapsedMs, totalMs: 13_000 }));
    progress.end();
    expect(stream.lines.map((line) => line.split(',')[0])).toEqual([
      'redlock: 2.0s of 13.0s',
      'redlock: 7.0s of 13.0s',
      'redlock: 12.0s of 13.0s',
    ]);
    expect(stream.lines[0]).toBe('redlock: 2.0s of 13.0s, 11.0s left, 1,240/s, p99 12.3ms, 0 violations');
    expect(stream.text).not.toMatch(/[\r\u001b]/); // eslint-disable-line no-control-regex
  });

  it('starts again with the next contestant and the next round', () => {
    const stream = new FakeStream();
    const progress = createProgress(asStream(stream), logged);
    progress.tick(tick({ elapsedMs: 2000 }));
    progress.tick(tick({ elapsedMs: 2100, label: 'single' }));
    progress.tick(tick({ elapsedMs: 500, label: 'single' }));
    progress.tick(tick({ elapsedMs: 2000, label: 'single' }));
    expect(stream.lines).toHaveLength(3);
  });

  it('is only notes when quiet', () => {
    const stream = new FakeStream();
    const progress = createProgress(asStream(stream), { ...logged, quiet: true });
    progress.header(['seed 1']);
    progress.phase('starting');
    progress.tick(tick({ elapsedMs: 60_000 }));
    progress.note('server 2 went away');
    progress.end();
    expect(stream.text).toBe('server 2 went away\n');
  });
});

describe('a stream that nobody reads any more', () => {
  it('is written to no longer', () => {
    const stream = new FakeStream(80);
    const progress = createProgress(asStream(stream), live);
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    progress.tick(tick());
    progress.note('lost');
    progress.end();
    expect(stream.text).toBe('');
  });

  it('does not end the run when writing throws', () => {
    const stream = new FakeStream(80);
    stream.throws = true;
    const progress = createProgress(asStream(stream), live);
    progress.tick(tick());
    progress.end();
    expect(stream.text).toBe('');
  });

  it('gets one error listener, however often it is used', () => {
    const stream = new FakeStream(80);
    for (let i = 0; i < 20; i += 1) createProgress(asStream(stream), logged);
    expect(stream.listenerCount('error')).toBe(1);
  });
});
