import { expect, test } from 'vitest';
import { mostTold } from './sentinel-resolver.js';

test.each<[told: readonly (number | null)[], now: number | null, node: number | null, why: string]>([
  [[1, 1, 0], 0, 1, 'most of them say so'],
  [[0, 1, null], 0, 0, 'of two that differ one is behind, and nobody knows which'],
  [[null, 1, null], 0, 1, 'who cannot be asked has no say'],
  [[null, null, null], 2, 2, 'nobody can be asked'],
  [[null, null, null], null, null, 'nobody has told yet'],
  [[2, 1, 0], 2, 2, 'all of them differ'],
])('of %j, being at %j, it is at %j: %s', (told, now, node) => expect(mostTold(told, now)).toBe(node));
