import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { TraceStep } from '../contract/index.js';
import { readTrace, TraceRing, traceFile } from './trace.js';

const folder = mkdtempSync(join(tmpdir(), 'lockbench-trace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const step = (atNs: number, worker: number): TraceStep => {
  return { atNs, worker, node: null, key: '0', token: 'a', what: 'granted', answer: null };
};

it('the newest steps are kept, and those of all workers read in one order', () => {
  const [one, two] = [new TraceRing(3), new TraceRing(3)];
  for (const atNs of [1, 3, 5, 7, 9]) one.add(step(atNs, 0));
  for (const atNs of [6, 8]) two.add(step(atNs, 1));
  expect(one.steps().map(({ atNs }) => atNs)).toEqual([5, 7, 9]);
  expect([one.write(traceFile(folder, 0)), two.write(traceFile(folder, 1))]).toEqual([null, null]);
  expect(readTrace(folder).map(({ atNs }) => atNs)).toEqual([5, 6, 7, 8, 9]);
});

it('a disk that refuses is told, and no trace is none', () => {
  expect(new TraceRing().write(join(folder, 'nowhere', 'x'))).toMatch(/ENOENT/);
  expect(readTrace(join(folder, 'nowhere'))).toEqual([]);
});
