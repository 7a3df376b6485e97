/**
 * What runs the cases of one contestant, in a process of its own: a design that spins, throws from a timer or ends the
 * process then costs one case, and not the suite. Ends with whoever started it; the guardian takes the servers along.
 */
import { after } from '../base/clock.js';
import { errorData } from '../base/error-data.js';
import { loadStrategy } from '../base/plugins.js';
import { listCases, firstCase, type Assignment, type Contestant } from './contestant.js';
import { openLab, type Lab } from './lab.js';
import { findLayout, unseen, type Layout } from './layout.js';
import { limits } from './limits.js';
import type { CaseResult } from './results.js';
import { notJudged, runCase, type Surroundings } from './run-case.js';
import type { SuiteMessage } from './suite.js';
import { createWorld, mastersOf } from './world.js';
import type { LockStrategy, Topology } from '../contract/index.js';

/** Quorum designs are asked on one to five nodes, whatever number they are run on. */
const mostNodes = 5;

const strays: string[] = [];
const tell = (message: SuiteMessage): void => void process.send?.(message);

async function run({ contestant, cases: names, servers, image }: Assignment): Promise<void> {
  const strategy = await loadStrategy(contestant);
  const known = await listCases();
  const lab = await openLab({ engine: contestant.engine, topology: labTopology(contestant.topology) }, servers, image);
  try {
    const around = surroundings(contestant, strategy, lab);
    let hopeless = false;
    for (const name of names) {
      const one = known.find((candidate) => candidate.name === name)!;
      tell({ kind: 'began', case: name });
      // Before any case can disturb the servers; a design that cannot be looked at fails in its cases.
      if (name !== firstCase && !hopeless) await around.prepare();
      const result: CaseResult = hopeless ? notJudged(one) : await runCase(one, around);
      if (name === firstCase) hopeless = result.verdict === 'fail';
      tell({ kind: 'ended', result });
    }
  } finally {
    await lab.close();
  }
}

function surroundings(contestant: Contestant, strategy: LockStrategy, lab: Lab): Surroundings {
  const masters = lab.servers.filter(({ kind }) => kind === 'master');
  let found: Promise<Layout> | null = null;
  const look = async (): Promise<Layout> => {
    if (!lab.isRedis) return unseen;
    const world = createWorld(contestant, strategy, lab, layout);
    try {
      return await findLayout(await world.open(), masters);
    } finally {
      await world.close();
    }
  };
  const layout = (): Promise<Layout> => (found ??= look());
  const { topology, claims } = contestant;
  return {
    prepare: () =>
      layout().then(
        () => {},
        () => {},
      ),
    claims,
    masters: mastersOf(topology),
    replicas: topology.replicas,
    control: lab.control,
    world: () => createWorld(contestant, strategy, lab, layout),
    reset: () => lab.reset(),
    strays: () => strays.splice(0),
  };
}

function labTopology(topology: Topology): Topology {
  return topology.kind === 'quorum' ? { ...topology, nodes: Math.max(topology.nodes, mostNodes) } : topology;
}

function beat(): void {
  tell({ kind: 'alive' });
  after(limits.heartbeatMs, beat);
}

process.on('uncaughtException', (error) => strays.push(error instanceof Error ? error.message : String(error)));
process.on('unhandledRejection', (error) => strays.push(error instanceof Error ? error.message : String(error)));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (assignment: Assignment) => {
  beat();
  run(assignment).then(
    () => tell({ kind: 'done' }),
    (error: unknown) => tell({ kind: 'broken', error: errorData(error) }),
  );
});
