/** The record of the resource's own process, read back into columns. */
import type { ResourceRows } from '../contract/index.js';

/** Null where the run had none. */
export function readResource(_folder: string): ResourceRows | null {
  return null;
}
