/** Seeded random numbers: every choice of a run comes from its one seed, drawn from a stream of its own per purpose. */
import { randomBytes, randomInt } from 'node:crypto';

export type Random = () => number;

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, uniform in [0, 1) with 32 bits of resolution. */
export function seededRandom(seed: number, stream = ''): Random {
  let a = seed >>> 0;
  let b = hash(stream);
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A seed for a run that was given none. */
export function freshSeed(): number {
  return randomInt(2 ** 32);
}

/** Fisher-Yates. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/** Unique tokens at the price of a counter: 96 random bits drawn once in a process, 32 bits counted. */
export function tokenSource(): () => string {
  const prefix = randomBytes(12).toString('hex');
  let count = 0;
  return () => {
    count = (count + 1) >>> 0;
    return prefix + count.toString(16).padStart(8, '0');
  };
}
