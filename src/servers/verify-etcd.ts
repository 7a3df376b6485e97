/**
 * Whether nodes of somebody else's are what the topology needs, before anything is written to them: all members of one cluster,
 * each named once, none left out (what a design tolerates is counted by them), and no keys of ours there already.
 */
import { LockbenchError } from '../contract/index.js';
import { asEtcd } from './etcd-dialect.js';
import { awaitLeader } from './etcd-leader.js';
import type { Fleet, Member } from './fleet.js';

const keysShown = 3;

export async function verifyEtcd(fleet: Fleet, keyPrefix: string): Promise<void> {
  const seen = new Map<bigint, Member>();
  let cluster: bigint | null = null;
  for (const member of fleet.members) {
    const { clusterId, memberId } = await asEtcd(await fleet.admin(member)).status();
    const other = seen.get(memberId);
    if (other !== undefined) throw wrong(member, `is the same as ${nameOf(other)}: one node cannot vote twice`);
    seen.set(memberId, member);
    cluster ??= clusterId;
    if (clusterId !== cluster) throw wrong(member, `belongs to another cluster than ${nameOf(fleet.members[0]!)}`);
  }
  const [first] = fleet.members;
  if (first === undefined) return;
  const admin = asEtcd(await fleet.admin(first));
  const members = await admin.members();
  if (members.length !== seen.size)
    throw wrong(first, `belongs to a cluster of ${members.length} nodes, and ${seen.size} are named`);
  await awaitLeader(fleet);
  const keys = await fleet.keysLeft();
  if (keys.length === 0) return;
  throw new LockbenchError(
    'NOT_EMPTY',
    `this etcd already holds keys that begin with ${keyPrefix}: ${keys.slice(0, keysShown).join(', ')}`,
    'Is another benchmark running there? If not, delete these keys, or choose another prefix.',
  );
}

function nameOf({ name, endpoint }: Member): string {
  return `${name} (${endpoint.host}:${endpoint.port})`;
}

function wrong(member: Member, what: string): LockbenchError {
  return new LockbenchError(
    'WRONG_ROLE',
    `${nameOf(member)} ${what}`,
    'Name all nodes of one cluster by --etcd, each once.',
  );
}
