/** One contestant in one generation, as the yardstick sees it: it is opened, does slices, tells its totals, and is gone. */
import type { LatencyCounts, SliceOrder } from './protocol.js';
import type { SliceFigures } from './measured.js';

export interface Entrant {
  readonly label: string;
  /** What it ran on. */
  open(): Promise<Readonly<Record<string, unknown>>>;
  slice(order: Omit<SliceOrder, 'startNs' | 'windowNs'>): Promise<SliceFigures>;
  /** By load; null where it keeps none. */
  totals(): Promise<ReadonlyMap<string, LatencyCounts> | null>;
  /** At once. */
  kill(): Promise<void>;
}
