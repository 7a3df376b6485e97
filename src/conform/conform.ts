/** The whole: every case over every contestant, a few contestants at a time, for most of the time is spent waiting. */
import { exitCodes } from '../contract/index.js';
import type { Contestant } from './contestant.js';
import { hostsSettings, type LabKind } from './lab.js';
import { conformSchemaVersion, type CaseResult, type ConformDocument, type ContestantResult } from './results.js';
import { runSuite } from './suite.js';
import type { ConformCase } from './types.js';
import { Hosts } from '../servers/provision.js';

export interface ConformPlan {
  readonly contestants: readonly Contestant[];
  /** What each of them is asked, in this order. */
  cases(contestant: Contestant): readonly ConformCase[];
  readonly servers: LabKind;
  readonly image: string;
  readonly signal: AbortSignal;
  onResult(contestant: Contestant, result: CaseResult): void;
}

/** At the same time. More would disturb each other on two cores. */
const sideBySide = 3;

/** Rejects with NO_REDIS, NO_SERVER or SERVER_FAILED where there are no servers. */
export async function conform(plan: ConformPlan): Promise<ConformDocument> {
  // Fails here, in words, rather than in every child.
  const hosts = new Hosts(hostsSettings(plan.servers, plan.image));
  try {
    await hosts.all(plan.contestants);
  } finally {
    await hosts.close();
  }
  const found = new Map<Contestant, CaseResult[]>(plan.contestants.map((contestant) => [contestant, []]));
  const failed = new AbortController();
  const signal = AbortSignal.any([plan.signal, failed.signal]);
  const queue = [...plan.contestants];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const contestant = next;
      const known = plan.cases(contestant);
      const cases = known.map(({ name }) => name);
      await runSuite({
        assignment: { contestant, cases, servers: plan.servers, image: plan.image },
        known,
        signal,
        onResult: (result) => {
          found.get(contestant)?.push(result);
          plan.onResult(contestant, result);
        },
      });
    }
  };
  const stop = (error: unknown): never => {
    failed.abort();
    throw error;
  };
  await Promise.all(Array.from({ length: sideBySide }, () => work().catch(stop)));
  const results = plan.contestants.map((contestant) => resultOf(contestant, found.get(contestant) ?? []));
  const partial = plan.signal.aborted;
  return { schemaVersion: conformSchemaVersion, partial, exitCode: exitCodeOf(results), results };
}

function resultOf(contestant: Contestant, cases: readonly CaseResult[]): ContestantResult {
  const { label, options, engine, client, topology, claims } = contestant;
  return { strategy: label, options, engine, client, topology, claims, cases };
}

/** A claim broken outweighs a fault of the suite. */
function exitCodeOf(results: readonly ContestantResult[]): number {
  const verdicts = results.flatMap(({ cases }) => cases.map(({ verdict }) => verdict));
  if (verdicts.includes('fail')) return exitCodes.violation;
  return verdicts.includes('error') ? exitCodes.harness : exitCodes.ok;
}
