/**
 * Whether external servers are what the topology needs, before anything is written to them: each of its role, all of
 * them different servers, none of them holding keys of ours already.
 */
import { addressText } from '../clients/admin.js';
import { LockbenchError } from '../contract/index.js';
import { linkedIn, modeIn, roleIn } from './facts.js';
import type { Fleet, Member } from './fleet.js';
import { keysWith } from './keys.js';

const orderHint =
  'Roles follow the order of --redis: N masters for a quorum; the primary first, then its replicas, then its sentinels; docker-compose.yml has all.';
const keysShown = 3;

export async function verifyExternal(fleet: Fleet, keyPrefixes: readonly string[]): Promise<void> {
  // One after the other: with all of them down, the first is what the person wants to hear of.
  for (const member of fleet.members) await fleet.admin(member);
  for (const member of fleet.members) await verifyRole(fleet, member);
  await verifyDistinct(fleet);
  await verifyReplicas(fleet);
  for (const member of fleet.members)
    if (member.kind === 'master') for (const prefix of keyPrefixes) await verifyEmpty(fleet, member, prefix);
}

export async function verifySentinels(watch: Fleet): Promise<void> {
  for (const member of watch.members) await watch.admin(member);
  for (const member of watch.members) await verifyRole(watch, member);
  await verifyDistinct(watch);
}

async function verifyRole(fleet: Fleet, member: Member): Promise<void> {
  const reply = await fleet.call(member, 'ROLE');
  const mode = modeIn(await fleet.info(member, 'server'));
  if (mode === 'cluster') {
    throw wrongRole(member, 'is part of a Redis Cluster, whose nodes answer only for slots of their own');
  }
  const expected = member.kind === 'replica' ? 'slave' : member.kind;
  if (roleIn(reply) !== expected) {
    throw wrongRole(member, `has to be a ${member.kind}, but ROLE answers ${JSON.stringify(reply)}`);
  }
  if (expected === 'slave' && !linkedIn(reply)) {
    throw wrongRole(member, `has no link to its primary at present: ROLE answers ${JSON.stringify(reply)}`);
  }
}

/** Several addresses of one server are no quorum. The run id tells, whatever names and ports lead there. */
async function verifyDistinct(fleet: Fleet): Promise<void> {
  const seen = new Map<string, Member>();
  for (const member of fleet.members) {
    const runId = (await fleet.info(member, 'server')).get('run_id');
    if (runId === undefined)
      throw wrongRole(member, 'does not tell its run_id, so that it cannot be told from the others');
    const other = seen.get(runId);
    if (other !== undefined) {
      throw wrongRole(member, `is the same server as ${nameOf(other)} (run_id ${runId}): one server cannot vote twice`);
    }
    seen.set(runId, member);
  }
}

/** By the id of the data that they follow: the address a replica knows its primary by need not be ours. */
async function verifyReplicas(fleet: Fleet): Promise<void> {
  const ids = await Promise.all(
    fleet.members.map(async (member) => (await fleet.info(member, 'replication')).get('master_replid')),
  );
  fleet.members.forEach((member, i) => {
    if (member.kind === 'replica' && ids[i] !== ids[0]) {
      throw wrongRole(member, `is not a replica of ${nameOf(fleet.members[0]!)}: they differ in master_replid`);
    }
  });
}

async function verifyEmpty(fleet: Fleet, member: Member, keyPrefix: string): Promise<void> {
  const found = await keysWith(keyPrefix, await fleet.admin(member), keysShown);
  if (found.length === 0) return;
  throw new LockbenchError(
    'NOT_EMPTY',
    `${nameOf(member)} already holds keys that begin with ${keyPrefix}: ${found.slice(0, keysShown).join(', ')}`,
    'Is another benchmark running there? If not, delete these keys, or choose another prefix.',
  );
}

function nameOf(member: Member): string {
  return `${member.name} (${addressText(member.endpoint)})`;
}

function wrongRole(member: Member, what: string): LockbenchError {
  return new LockbenchError('WRONG_ROLE', `${nameOf(member)} ${what}`, orderHint);
}
