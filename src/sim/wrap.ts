/** Puts something between a design and what it runs on: how broken locks are made from sound ones. */
import type { Command, Lane, LockSession, OnReply, RedisNode } from '../contract/index.js';

/** Sends `command` over a lane of `node`, or does not, and answers `done`, or does not. */
export type Intercept = (
  node: RedisNode,
  command: Command,
  send: (command: Command, done: OnReply) => void,
  done: OnReply,
) => void;

/** The same nodes; every command on a shared lane passes `intercept`. */
export function intercepted(nodes: readonly RedisNode[], intercept: Intercept): readonly RedisNode[] {
  return nodes.map((node) => ({
    index: node.index,
    shared: interceptedLane(node, intercept),
    borrow: (cancel) => node.borrow(cancel),
    onIncarnation: (listener) => node.onIncarnation(listener),
    subscribe: (channel, onMessage, onState) => node.subscribe(channel, onMessage, onState),
  }));
}

function interceptedLane(node: RedisNode, intercept: Intercept): Lane {
  const lane = node.shared;
  return {
    get incarnation() {
      return lane.incarnation;
    },
    get up() {
      return lane.up;
    },
    send: (command, timeoutMs, tag, done) =>
      intercept(node, command, (changed, onReply) => lane.send(changed, timeoutMs, tag, onReply), done),
    group: (commands, timeoutMs, tag, done) => lane.group(commands, timeoutMs, tag, done),
    settled: () => lane.settled(),
  };
}

/** The same session with some of it replaced. */
export function replaced(session: LockSession, part: Partial<LockSession>): LockSession {
  return {
    acquire: (key, request) => session.acquire(key, request),
    release: (grant) => session.release(grant),
    ...(session.extend === undefined ? {} : { extend: (grant, ttlMs) => session.extend!(grant, ttlMs) }),
    quiesce: () => session.quiesce(),
    backlog: () => session.backlog(),
    close: () => session.close(),
    ...part,
  };
}
