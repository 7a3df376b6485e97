/** From the port's callbacks to what a design reads: one call, or one fan-out with a decision. */
import type { Command, Failure, Lane, OnReply, RedisNode, Reply } from '../contract/index.js';
import { loading, withSource } from './scripts.js';

export type Answer =
  { readonly failure: null; readonly reply: Reply } | { readonly failure: Failure; readonly reply: null };

const always = (): boolean => true;

/**
 * Sends to each node once; the tag of an answer is the node's place in `nodes`. A script that a server has forgotten (SCRIPT
 * FLUSH, a restart) was not executed, so it is sent again with its source; nothing else ever is. Nor is it when it is not
 * `wanted` any more: a release may be on its way by then, and what takes a lock behind it would be released by nobody. The
 * server is told the script for the next time.
 */
export function sendToAll(
  nodes: readonly { readonly shared: Lane }[],
  command: Command,
  timeoutMs: number,
  done: OnReply,
  wanted = always,
): void {
  const onReply: OnReply =
    command.script === undefined
      ? done
      : (at, failure, reply) => {
          if (failure?.code !== 'NOSCRIPT') return done(at, failure, reply);
          nodes[at].shared.send(wanted() ? withSource(command) : loading(command), timeoutMs, at, done);
        };
  for (let at = 0; at < nodes.length; at += 1) nodes[at].shared.send(command, timeoutMs, at, onReply);
}

export type OnAnswer = (failure: Failure | null, reply: Reply) => void;

/** As `sendToAll`, on one lane. */
export function send(lane: Lane, command: Command, timeoutMs: number, done: OnAnswer, wanted = always): void {
  sendToAll([{ shared: lane }], command, timeoutMs, (_, failure, reply) => done(failure, reply), wanted);
}

export function call(lane: Lane, command: Command, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => send(lane, command, timeoutMs, (failure, reply) => resolve(answer(failure, reply))));
}

/** Commands that leave contiguously on one connection; the reply is the array of theirs, or the first failure. */
export function callGroup(lane: Lane, commands: readonly Command[], timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) =>
    lane.group(commands, timeoutMs, 0, (_, failure, reply) => resolve(answer(failure, reply))),
  );
}

function answer(failure: Failure | null, reply: Reply): Answer {
  return failure === null ? { failure, reply } : { failure, reply: null };
}

/** The votes of a fan-out so far. */
export interface Tally {
  yes: number;
  no: number;
  /** No vote: unreachable, too slow, or an error. */
  failed: number;
  /** The last failure that may still take effect, or else the last. */
  failure: Failure | null;
}

/**
 * Asks all nodes at once and resolves as soon as `quorum` yes-votes are in or can no longer be reached, even N included.
 * `isYes` reads a reply. Later replies are not waited for.
 */
export function ballot(
  nodes: readonly RedisNode[],
  command: Command,
  timeoutMs: number,
  quorum: number,
  isYes: (reply: Reply) => boolean,
): Promise<Tally> {
  return new Promise((resolve) => {
    const tally: Tally = { yes: 0, no: 0, failed: 0, failure: null };
    let decided = false;
    const onReply: OnReply = (_, failure, reply) => {
      if (decided) return;
      count(tally, failure, reply, isYes);
      decided = tally.yes >= quorum || nodes.length - tally.no - tally.failed < quorum;
      if (decided) resolve(tally);
    };
    sendToAll(nodes, command, timeoutMs, onReply, () => !decided);
  });
}

/** As `ballot`, but asks the next node only when the last has answered: what parallel fan-out is measured against. */
export async function ballotInTurn(
  nodes: readonly RedisNode[],
  command: Command,
  timeoutMs: number,
  quorum: number,
  isYes: (reply: Reply) => boolean,
): Promise<Tally> {
  const tally: Tally = { yes: 0, no: 0, failed: 0, failure: null };
  for (const node of nodes) {
    const { failure, reply } = await call(node.shared, command, timeoutMs);
    count(tally, failure, reply, isYes);
    if (nodes.length - tally.no - tally.failed < quorum) break;
  }
  return tally;
}

function count(tally: Tally, failure: Failure | null, reply: Reply, isYes: (reply: Reply) => boolean): void {
  if (failure !== null) {
    tally.failed += 1;
    if (tally.failure === null || failure.fate === 'maybe-executed') tally.failure = failure;
  } else if (isYes(reply)) tally.yes += 1;
  else tally.no += 1;
}
