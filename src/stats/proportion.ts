/** A share with its 95 % interval. Source: Wilson (1927); where nothing was seen, the rule of three (Hanley, 1983). */

const z = 1.96;

export interface Proportion {
  readonly low: number;
  readonly high: number;
}

/** Null for no trials. */
export function proportionInterval(count: number, trials: number): Proportion | null {
  if (trials === 0) return null;
  if (count === 0) return { low: 0, high: Math.min(1, 3 / trials) };
  const share = count / trials;
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  const centre = share + (z * z) / (2 * trials);
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** `2 of 40 (0.6 to 16.9 %)` */
export function proportionText(count: number, trials: number): string {
  const interval = proportionInterval(count, trials);
  if (interval === null) return '-';
  const percent = (ratio: number): string => (ratio * 100).toFixed(1);
  return `${count} of ${trials} (${percent(interval.low)} to ${percent(interval.high)} %)`;
}
