/** The messages of etcd that are used here, by their field numbers in api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto. */
import type { EtcdKey, EtcdMoment } from '../contract/index.js';
import { encode, Message } from './protobuf.js';

export const paths = {
  range: '/etcdserverpb.KV/Range',
  txn: '/etcdserverpb.KV/Txn',
  deleteRange: '/etcdserverpb.KV/DeleteRange',
  grant: '/etcdserverpb.Lease/LeaseGrant',
  revoke: '/etcdserverpb.Lease/LeaseRevoke',
  keepAlive: '/etcdserverpb.Lease/LeaseKeepAlive',
  watch: '/etcdserverpb.Watch/Watch',
  status: '/etcdserverpb.Maintenance/Status',
  members: '/etcdserverpb.Cluster/MemberList',
  memberAdd: '/etcdserverpb.Cluster/MemberAdd',
  memberRemove: '/etcdserverpb.Cluster/MemberRemove',
} as const;

/** Enumerations. */
const descending = 2;
const byCreation = 2;
const equal = 0;
const creation = 1;
const withoutPuts = 0;
const deletion = 1n;

/** The end of the range of all keys that begin with the prefix: the next text after them. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  // UTF-8 has no byte 255, so the last one can always grow.
  end[end.length - 1] = end[end.length - 1]! + 1;
  return end;
}

export interface RangeWanted {
  readonly prefix: string;
  readonly lastCreated?: bigint;
  readonly limit?: number;
  /** As this node knows it: an answer even where there is no leader, and perhaps an old one. */
  readonly local?: boolean;
}

export function rangeRequest({ prefix, lastCreated = 0n, limit = 0, local = false }: RangeWanted): Buffer {
  return encode(
    [1, prefix],
    [2, endOf(prefix)],
    [3, limit],
    [5, descending],
    [6, byCreation],
    [7, local],
    [13, lastCreated],
  );
}

export function keysIn(message: Message): readonly EtcdKey[] {
  return message.messages(2).map((kv) => ({
    key: kv.text(1),
    value: kv.text(5),
    createRevision: kv.integer(2),
    lease: kv.integer(6),
  }));
}

/** If the key was never created: put it under the lease, and look at the youngest two under the prefix. */
export function createRequest(key: string, lease: bigint, prefix: string): Buffer {
  // A create revision of 0, which is what is compared with, is left out on the wire.
  const absent = encode([1, equal], [2, creation], [3, key], [5, 0]);
  const put = encode([2, encode([1, key], [3, lease])]);
  const look = encode([1, rangeRequest({ prefix, limit: 2 })]);
  return encode([1, absent], [2, put], [2, look]);
}

export function createdIn(message: Message): { readonly created: boolean; readonly youngest: readonly EtcdKey[] } {
  const [, look] = message.messages(3);
  return { created: message.integer(2) === 1n, youngest: look === undefined ? [] : keysIn(look.message(1)) };
}

export function deleteRequest(prefix: string): Buffer {
  return encode([1, prefix], [2, endOf(prefix)]);
}

export const leaseMessage = {
  grant: (lease: bigint, ttlSeconds: number): Buffer => encode([1, ttlSeconds], [2, lease]),
  /** Of a grant and of a keep-alive. */
  ttlSecondsIn: (message: Message): number => Number(message.integer(3)),
  /** For a revocation and for a keep-alive. */
  named: (lease: bigint): Buffer => encode([1, lease]),
};

export function momentIn(message: Message): EtcdMoment {
  const header = message.message(1);
  return { revision: header.integer(3), term: header.integer(4) };
}

export const watchMessage = {
  create: (key: string, sinceRevision: bigint, id: bigint): Buffer =>
    encode([1, encode([1, key], [3, sinceRevision], [5, Buffer.from([withoutPuts])], [7, id])]),
  cancel: (id: bigint): Buffer => encode([2, encode([1, id])]),
  read: (message: Message) => ({
    id: message.integer(2),
    cancelled: message.integer(4) === 1n,
    deleted: message.messages(11).some((event) => event.integer(1) === deletion),
  }),
};

export interface Status {
  readonly version: string;
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** 0: it knows of none. */
  readonly leader: bigint;
}

export function statusIn(message: Message): Status {
  const header = message.message(1);
  const [clusterId, memberId] = [header.integer(1), header.integer(2)];
  return { version: message.text(2), clusterId, memberId, leader: message.integer(4) };
}

export interface EtcdMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
}

export function membersIn(message: Message): readonly EtcdMember[] {
  return message
    .messages(2)
    .map((member) => ({ id: member.integer(1), name: member.text(2), peerUrls: member.texts(3) }));
}
