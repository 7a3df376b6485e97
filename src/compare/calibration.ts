/**
 * The noise floor of a machine, from a comparison of a design with itself: how far from nothing an interval reaches there.
 * Stored beside the results, and used as long as the machine is the same.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../contract/index.js';
import { formatPercent } from '../base/units.js';
import { logOf, ratioOf, reach } from '../stats/verdict.js';
import type { CompareDocument } from './document.js';
import type { Floor, Floors, Metric } from './judge.js';

export const calibrationFile = 'calibration.json';

export interface Calibration {
  readonly schemaVersion: 1;
  readonly createdAt: string;
  readonly machine: Pick<Environment, 'cpu' | 'cores' | 'os'>;
  readonly strategy: string;
  readonly generations: number;
  readonly slices: number;
  readonly sliceMs: number;
  /** How far the interval of a comparison with itself reached from no change, as ratios. */
  readonly reach: Floors & { readonly p99: number | null };
}

const leastFloor = 0.03;
const uncalibratedFloor = 0.05;
const safetyFactor = 1.5;
const dayMs = 86_400_000;

function reachOf(metrics: readonly Metric[]): Calibration['reach'] | null {
  const of = (name: Metric['name']): number | null => {
    const change = metrics.find((one) => one.name === name)?.change;
    if (change == null) return null;
    const { estimate, low, high } = change;
    return ratioOf(reach({ estimate: logOf(estimate), low: logOf(low), high: logOf(high) }));
  };
  const [throughput, p50] = [of('throughput'), of('cycleP50')];
  return throughput === null || p50 === null ? null : { throughput, p50, p99: of('cycleP99') };
}

/** What a comparison of a design with itself says of the machine; null when it does not count. */
export function calibrationOf(document: CompareDocument): Calibration | null {
  const reached = reachOf(document.metrics);
  if (document.partial || document.verdict === 'invalid' || reached === null) return null;
  const { cpu, cores, os } = document.environment;
  const { generations, slices, sliceMs } = document.design;
  return {
    schemaVersion: 1,
    createdAt: document.startedAt,
    machine: { cpu, cores, os },
    strategy: document.plan.baseline.label,
    generations,
    slices,
    sliceMs,
    reach: reached,
  };
}

/** The first that is there, of the folders; null for none that can be read. */
export function readCalibration(
  folders: readonly string[],
): { readonly file: string; readonly calibration: Calibration } | null {
  for (const folder of folders) {
    const file = join(folder, calibrationFile);
    if (!existsSync(file)) continue;
    try {
      const calibration = JSON.parse(readFileSync(file, 'utf8')) as Calibration;
      if (calibration.schemaVersion === 1 && calibration.reach.throughput >= 0 && calibration.reach.p50 >= 0)
        return { file, calibration };
    } catch {
      // As if it were not there: the floor's source says that there is none.
    }
  }
  return null;
}

export function writeCalibration(folder: string, calibration: Calibration): string {
  const file = join(folder, calibrationFile);
  writeFileSync(file, `${JSON.stringify(calibration, null, 2)}\n`);
  return file;
}

export function floorOf(found: ReturnType<typeof readCalibration>, machine: Calibration['machine'], now: Date): Floor {
  const none = (why: string): Floor => ({
    throughput: uncalibratedFloor,
    p50: uncalibratedFloor,
    source: `${formatPercent(uncalibratedFloor)}, for ${why}; bench calibrate measures what can be told apart here`,
  });
  if (found === null) return none('this machine was not calibrated');
  const { file, calibration } = found;
  const { cpu, cores } = calibration.machine;
  if (cpu !== machine.cpu || cores !== machine.cores)
    return none(`${file} is of another machine (${cores} cores, ${cpu})`);
  const floors = floorsOf(calibration);
  return {
    ...floors,
    source:
      `${formatPercent(floors.throughput)} of throughput and ${formatPercent(floors.p50)} of p50, from ${file}, ` +
      `${ageInWords(now, calibration.createdAt)} old, with ${calibration.strategy}`,
  };
}

function floorsOf({ reach: reached }: Calibration): Floors {
  const floor = (of: number): number => Math.max(leastFloor, safetyFactor * of);
  return { throughput: floor(reached.throughput), p50: floor(reached.p50) };
}

function ageInWords(now: Date, createdAt: string): string {
  const ageMs = Math.max(0, now.getTime() - Date.parse(createdAt));
  if (ageMs < 2 * 3_600_000) return `${Math.round(ageMs / 60_000)} minutes`;
  return ageMs < 2 * dayMs ? `${Math.round(ageMs / 3_600_000)} hours` : `${Math.round(ageMs / dayMs)} days`;
}

/** What a calibration means for comparisons to come. */
export function reachSentence(document: CompareDocument): string {
  const calibration = calibrationOf(document);
  if (calibration === null) return '';
  const { throughput, p50 } = floorsOf(calibration);
  return `; from now on changes count here from ${formatPercent(throughput)} of throughput, ${formatPercent(p50)} of p50, 1.5 times of p99`;
}
