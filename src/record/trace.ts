/** Steps at the servers, kept in runs with faults so that an interleaving can be told with all who took part in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceStep } from '../contract/index.js';

export function traceFile(folder: string, worker: number): string {
  return join(folder, `worker-${String(worker).padStart(2, '0')}.trace.json`);
}

/** In order of time; empty where none was kept. */
export function readTrace(folder: string): TraceStep[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.trace.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TraceStep[])
    .sort((a, b) => a.atNs - b.atNs);
}
