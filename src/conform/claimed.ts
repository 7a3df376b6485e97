/** What a behaviour needs a design to promise, and the design does not. */
import type { Claims } from '../contract/index.js';
import type { ConformCase } from './types.js';

/** Nobody promises these without saying so. Of the others, what is not said is promised. */
const saidOnly: readonly (keyof Claims)[] = ['fifo'];

export function missingClaims({ claims: needed }: ConformCase, claims: Claims): readonly (keyof Claims)[] {
  return needed.filter((claim) => {
    const said = claims[claim];
    return said === false || said === 0 || (said === undefined && saidOnly.includes(claim));
  });
}
