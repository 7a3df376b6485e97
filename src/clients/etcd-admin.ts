/**
 * A connection for looking after one node of etcd, not for locking. PING and the KEYS and GET that faults ask of every server
 * are answered as in Redis, by what this node knows itself: a node without a leader still answers them.
 */
import { after } from '../base/clock.js';
import { Deadlines } from '../base/deadlines.js';
import { LockbenchError, type Reply } from '../contract/index.js';
import type { Admin } from './admin.js';
import type { NodeEndpoint } from './endpoint.js';
import {
  deleteRequest,
  keysIn,
  leaseMessage,
  membersIn,
  paths,
  rangeRequest,
  statusIn,
  type EtcdMember,
  type Status,
} from './etcd-messages.js';
import { GrpcChannel } from './grpc.js';
import { encode, Message } from './protobuf.js';

export interface EtcdAdmin extends Admin {
  status(): Promise<Status>;
  members(): Promise<readonly EtcdMember[]>;
  /** Resolves with all members there are then. */
  addMember(peerUrl: string): Promise<readonly EtcdMember[]>;
  removeMember(id: bigint): Promise<void>;
  /** As the cluster has agreed. */
  keysWith(prefix: string): Promise<readonly string[]>;
  removeKeysWith(prefix: string): Promise<void>;
}

/** Connects and asks for the state, each within `timeoutMs`; so is every later call. */
export async function openEtcdAdmin(endpoint: NodeEndpoint, timeoutMs: number): Promise<EtcdAdmin> {
  const deadlines = new Deadlines();
  const lost = new Set<() => void>();
  let closing = false;
  const close = (): void => {
    closing = true;
    deadlines.close();
    channel.close();
  };
  const unreachable = (reason: string): LockbenchError =>
    new LockbenchError(
      'UNREACHABLE',
      `etcd at ${endpoint.host}:${endpoint.port} ${reason}`,
      'Is it running there, and is this its client port?',
    );
  const down = (): void => {
    if (closing) return;
    close();
    for (const listener of lost) listener();
  };
  let opened: (how: 'up' | 'refused' | 'silent') => void = () => {};
  const opening = new Promise<'up' | 'refused' | 'silent'>((resolve) => (opened = resolve));
  const channel = new GrpcChannel(endpoint, timeoutMs, deadlines, {
    up: () => opened('up'),
    refused: () => opened('refused'),
    down,
  });
  const stopTimer = after(timeoutMs, () => opened('silent'));
  const how = await opening;
  stopTimer();
  if (how !== 'up') {
    close();
    throw unreachable(how === 'refused' ? 'refuses the connection' : `does not answer within ${timeoutMs} ms`);
  }
  const ask = (path: string, message: Buffer): Promise<Message> =>
    new Promise((resolve, reject) =>
      channel.call(path, message, timeoutMs, (answer) => {
        if (answer.failure !== null) reject(unreachable(`answers: ${answer.failure.message}`));
        else resolve(new Message(answer.message));
      }),
    );
  const status = async (): Promise<Status> => statusIn(await ask(paths.status, encode()));
  const keys = async (prefix: string, local: boolean): Promise<readonly string[]> =>
    keysIn(await ask(paths.range, rangeRequest({ prefix, local }))).map(({ key }) => key);
  const commands: Readonly<Record<string, (arg: string) => Promise<Reply>>> = {
    PING: async () => (await status()).version,
    // The pattern has stars around a name, and names begin with the prefix of the run.
    KEYS: (pattern) => keys(pattern.replaceAll(/^\*|\*$/g, '').replaceAll(/\\(.)/g, '$1'), true),
    // A key's own name tells whose it is.
    GET: (key) => Promise.resolve(key),
  };
  try {
    await status();
  } catch (error) {
    close();
    throw error;
  }
  return {
    call(name, ...args) {
      const command = commands[name];
      if (command === undefined) throw new LockbenchError('BAD_PLAN', `etcd knows no ${name}`);
      return command(String(args[0] ?? ''));
    },
    status,
    members: async () => membersIn(await ask(paths.members, encode())),
    async addMember(peerUrl) {
      const answer = await ask(paths.memberAdd, encode([1, peerUrl]));
      // Added member first, then all of them.
      return answer.messages(3).map((one) => ({ id: one.integer(1), name: one.text(2), peerUrls: one.texts(3) }));
    },
    removeMember: async (id) => void (await ask(paths.memberRemove, leaseMessage.named(id))),
    keysWith: (prefix) => keys(prefix, false),
    removeKeysWith: async (prefix) => void (await ask(paths.deleteRange, deleteRequest(prefix))),
    onLost: (listener) => void lost.add(listener),
    close,
  };
}
