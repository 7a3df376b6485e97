/** Another process with a client of the design: to be killed while it holds, and to contend with. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Contestant } from './contestant.js';
import { limits, within } from './limits.js';
import type { Contention, Interval, OtherProcess } from './types.js';
import { Violation } from './verify.js';

/** The first message to the child: by pipe, for the endpoints may carry a password. */
export interface HolderSpec {
  readonly contestant: Contestant;
  readonly endpoints: readonly NodeEndpoint[];
  readonly number: number;
}

export type HolderOrder =
  | { readonly kind: 'open'; readonly spec: HolderSpec }
  | { readonly kind: 'hold'; readonly key: string; readonly ttlMs: number }
  | { readonly kind: 'contend'; readonly contention: Contention };

export type HolderAnswer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'held'; readonly validUntilMs: number }
  | { readonly kind: 'contended'; readonly intervals: readonly Interval[] }
  | { readonly kind: 'violation'; readonly evidence: string };

const answerLimitMs = 20_000;

export async function startHolder(spec: HolderSpec): Promise<OtherProcess> {
  const main = fileURLToPath(new URL('./holder-main.js', import.meta.url));
  const child = fork(main, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): Promise<void> => {
    child.kill('SIGKILL');
    return within(gone, limits.closeMs, () => new Error('the process does not end'));
  };
  const ask = (order: HolderOrder): Promise<HolderAnswer> => {
    const answer = new Promise<HolderAnswer>((resolve, reject) => {
      child.once('message', (message: HolderAnswer) => resolve(message));
      void gone.then(() => reject(new Violation('the process of the other client has ended by itself')));
    });
    child.send(order);
    return within(answer, answerLimitMs, () => new Violation(`${order.kind}: the other process has not ended it`));
  };
  const told = async <K extends HolderAnswer['kind']>(
    order: HolderOrder,
    kind: K,
  ): Promise<Extract<HolderAnswer, { kind: K }>> => {
    const answer = await ask(order);
    if (answer.kind === kind) return answer as Extract<HolderAnswer, { kind: K }>;
    throw new Violation(answer.kind === 'violation' ? `in another process: ${answer.evidence}` : answer.kind);
  };
  try {
    await told({ kind: 'open', spec }, 'opened');
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    hold: async (key, ttlMs) => (await told({ kind: 'hold', key, ttlMs }, 'held')).validUntilMs,
    contend: async (contention) => (await told({ kind: 'contend', contention }, 'contended')).intervals,
    freeze: () => void child.kill('SIGSTOP'),
    kill,
  };
}
