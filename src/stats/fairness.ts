/** How evenly grants fell on contenders. */

/** Jain, Chiu and Hawe (1984): 1 when all got the same, 1/n when one got all; null when nothing was granted. */
export function jainIndex(shares: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? null : (sum * sum) / (shares.length * squares);
}

/** Contenders that never got the lock while others did. */
export function starvedCount(shares: readonly number[]): number {
  return shares.some((share) => share > 0) ? shares.filter((share) => share === 0).length : 0;
}
