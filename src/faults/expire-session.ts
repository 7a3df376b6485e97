/**
 * The ensemble ends a session that a holder relies on, as an administrator can, or a leader that has lost count of its time: a
 * second connection takes the session over and closes it. Its nodes go at once, and the holder hears of it when it is told to
 * come back: for so long two may be inside. No lease survives a service that breaks its promise; a fence does.
 */
import type { Fault, FaultServer } from '../contract/index.js';
import { keepHolder } from './aim.js';

const attempts = 5;

interface LockNode {
  readonly path: string;
  readonly session: string;
}

/** The node of the one who was caught: those of locks bear the token of their holder. */
async function nodeOf(server: FaultServer, lock: string, token: string | null): Promise<LockNode> {
  const parent = `/${encodeURIComponent(lock).replaceAll('.', '%2E')}`;
  const names = (await server.call('CHILDREN', parent)) as readonly string[];
  const path = `${parent}/${names.find((one) => token !== null && one.includes(token)) ?? ''}`;
  const owner = path.endsWith('/') ? null : await server.call('OWNER', path);
  if (owner === null) throw new Error('no node bears the token of the one who was caught');
  return { path, session: String(owner) };
}

/** The client may have taken it back between the two steps of the blow. False when it is still there. */
async function expire(server: FaultServer, { path, session }: LockNode): Promise<boolean> {
  for (let i = 0; i < attempts; i += 1) {
    await server.call('EXPIRE', session);
    if ((await server.call('OWNER', path)) === null) return true;
  }
  return false;
}

export default {
  name: 'expire-session',
  help: 'ZooKeeper ends the session of a holder, and its lock nodes with it',
  hits: 'servers',
  defaultTarget: '1',
  instant: true,
  options: {},
  engines: ['zookeeper'],
  needs: {},
  async strike(lab) {
    const { targets, servers, keyPrefix, nowMs } = lab;
    // Each of them leads to the whole ensemble.
    const [server] = targets;
    const holder = await keepHolder(lab);
    if (holder === null) throw new Error(`nobody was granted a lock within ${Math.round(lab.patienceMs)} ms`);
    const node = await nodeOf(server, keyPrefix + holder.key, holder.token);
    const atMs = nowMs();
    const ended = await expire(server, node);
    return {
      what: `session ${node.session} of ${holder.name} ended while it held key ${holder.key}`,
      atMs,
      // What was promised has been taken back, by all of them together.
      lost: ended ? servers : [],
      probe: () => Promise.resolve(ended ? null : `the session was still there after ${attempts} attempts`),
    };
  },
} satisfies Fault;
