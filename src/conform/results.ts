/** What the suite found: `bench conform --format json` prints the document, a public interface like `summary.json`. */
import {
  sentinelCount,
  type Claims,
  type ClientName,
  type EngineName,
  type Options,
  type Topology,
} from '../contract/index.js';

export const conformSchemaVersion = 1;

/**
 * pass, fail: of a design that claims it. not-claimed: the design does not promise it; `fails` tells how it went all the
 * same. not-applicable: it cannot be asked here. error: the suite itself failed, and says nothing of the design.
 */
export type CaseVerdict = 'pass' | 'fail' | 'not-claimed' | 'not-applicable' | 'error';

export interface CaseResult {
  readonly case: string;
  readonly behaviour: string;
  readonly source: string;
  readonly verdict: CaseVerdict;
  /** Whether the behaviour was seen to be absent; also of a design that does not claim it. */
  readonly fails: boolean;
  /** Of a failure: what was seen. Of not-applicable: the reason. Else empty. */
  readonly evidence: string;
  /** Claims that the behaviour needs and the design does not make. */
  readonly missingClaims: readonly (keyof Claims)[];
  readonly durationMs: number;
}

export interface ContestantResult {
  /** The strategy with what was set apart from its defaults. */
  readonly strategy: string;
  readonly options: Options;
  readonly engine: EngineName;
  /** Null where the engine has no Redis client. */
  readonly client: ClientName | null;
  readonly topology: Topology;
  readonly claims: Claims;
  readonly cases: readonly CaseResult[];
}

export interface ConformDocument {
  readonly schemaVersion: typeof conformSchemaVersion;
  /** Interrupted before the end. */
  readonly partial: boolean;
  readonly exitCode: number;
  /** What makes such a document. */
  readonly command?: string;
  /** Of the program, Node, the clients and the published libraries that were tried, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly results: readonly ContestantResult[];
}

/** What a design runs on: its Redis client, or the engine itself. */
export function platformText({ client, engine }: Pick<ContestantResult, 'client' | 'engine'>): string {
  return client ?? engine;
}

export function topologyText({ kind, nodes, replicas }: Topology): string {
  if (kind === 'none') return 'no server';
  if (kind === 'cluster') return `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  if (kind === 'quorum') return `${nodes} ${nodes === 1 ? 'master' : 'masters'}`;
  if (replicas === 0) return 'one server';
  const withReplicas = `a primary and ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;
  return kind === 'sentinel' ? `${withReplicas} with ${sentinelCount} sentinels` : withReplicas;
}
