/**
 * Whether servers of somebody else's are what the topology needs, before anything is written to them: all serving, one alone or one
 * ensemble with one leader, and no nodes under our prefix already. They do not tell who else belongs to their ensemble, so that
 * all of it is named, each once, is taken on trust.
 */
import { LockbenchError } from '../contract/index.js';
import type { Fleet } from './fleet.js';
import { allServe } from './zookeeper-ready.js';

const keysShown = 3;

export async function verifyZookeeper(fleet: Fleet, keyPrefix: string): Promise<void> {
  await allServe(fleet);
  const roles = await Promise.all(fleet.members.map((member) => fleet.call(member, 'ROLE')));
  const leaders = roles.filter((role) => role === 'leader' || role === 'standalone').length;
  const alone = roles.includes('standalone');
  if (leaders !== 1 || (alone && roles.length > 1) || (!alone && roles.length === 1)) {
    const told = fleet.members.map(
      ({ name, endpoint }, i) => `${name} (${endpoint.host}:${endpoint.port}) ${roles[i]}`,
    );
    throw new LockbenchError(
      'WRONG_ROLE',
      `these are no ensemble of ${roles.length}: ${told.join(', ')}`,
      'Name all nodes of one ensemble by --zookeeper, each once, and as many by --nodes.',
    );
  }
  const keys = await fleet.keysLeft();
  if (keys.length === 0) return;
  throw new LockbenchError(
    'NOT_EMPTY',
    `this ZooKeeper already holds nodes of locks that begin with ${keyPrefix}: ${keys.slice(0, keysShown).join(', ')}`,
    'Is another benchmark running there? If not, delete these nodes, or choose another prefix.',
  );
}
