import { describe, expect, it } from 'vitest';
import type { Topology } from '../contract/index.js';
import { targetOf } from './targets.js';

const quorum: Topology = { kind: 'quorum', nodes: 5, replicas: 0 };
const replicated: Topology = { kind: 'replicated', nodes: 1, replicas: 2 };
const sentinel: Topology = { ...replicated, kind: 'sentinel' };
const single: Topology = { kind: 'single', nodes: 1, replicas: 0 };
const cluster: Topology = { kind: 'cluster', nodes: 3, replicas: 0 };
const inOrder = (indices: readonly number[]): readonly number[] => indices;

describe('the target of a fault', () => {
  it.each([
    ['2', quorum, [0, 1], null],
    ['minority', quorum, [0, 1], null],
    ['majority', quorum, [0, 1, 2], null],
    ['all', quorum, [0, 1, 2, 3, 4], null],
    ['node-4', quorum, [3], null],
    ['2/all', quorum, [0, 1], 'all'],
    ['1/one', quorum, [0], 'one'],
    ['1', replicated, [0], null],
    ['primary', replicated, [0], null],
    ['replicas', replicated, [1, 2], null],
    ['all', sentinel, [0, 1, 2], null],
    ['replicas', sentinel, [1, 2], null],
    ['primary', single, [0], null],
    ['leader', cluster, 'leader', null],
    ['leader/all', cluster, 'leader', 'all'],
    ['minority', cluster, [0], null],
  ] as const)('%s is understood', (text, topology, servers, clients) => {
    expect(targetOf(text, topology, new Set(), inOrder)).toEqual({ servers, clients });
  });

  it.each([
    ['6', quorum],
    ['0', quorum],
    ['node-6', quorum],
    ['primary', quorum],
    ['leader', quorum],
    ['leader', replicated],
    ['2', replicated],
    ['2', single],
    ['some', quorum],
    ['2/both', quorum],
    ['1/one/all', quorum],
  ] as const)('%s is refused where it makes no sense', (text, topology) => {
    expect(targetOf(text, topology, new Set(), inOrder)).toHaveProperty('wrong');
  });

  it('leaves out servers that another fault is aimed at, and is drawn', () => {
    expect(targetOf('2', quorum, new Set([0, 1]), (all) => [...all].reverse())).toEqual({
      servers: [3, 4],
      clients: null,
    });
    expect(targetOf('4', quorum, new Set([0, 1]), inOrder)).toHaveProperty('wrong');
  });
});
