/** What the trace adds to a scene: which servers were asked on behalf of whom, and what they answered. */
import type { CheckContext, TraceStep } from '../contract/index.js';
import type { Section } from './overlaps.js';
import { noAnswers, type Moment, type Scene, type Story } from './scene.js';

/** Further apart than this, a step in the trace and an entry are not of one grant. */
const linkLimitNs = 20e6;
const outstanding = '...';
/** Steps of contenders that their entry and exit tell better. */
const toldByRows: ReadonlySet<string> = new Set(['granted', 'leaves']);

/** Steps of the grants of these contenders. A token belongs to the contender that entered when its worker was granted it. */
export function traceMoments(story: Story, context: CheckContext, scene: Scene): Moment[] {
  const steps = story.trace.filter((step) => step.atNs <= scene.toNs && isOfKey(step, scene.key));
  const owners = ownersOf(steps, story, context, scene);
  const owned = steps.filter((step) => step.atNs >= scene.fromNs && owners.has(step.token));
  const moment = (
    contender: number,
    { atNs, what }: TraceStep,
    answers: Moment['answers'],
    weight: Moment['weight'],
  ): Moment => {
    const name = context.contenderNames(contender);
    return { atNs, contender, text: what.startsWith(`${name} `) ? what : `${name} ${what}`, answers, weight };
  };
  const own = owned
    .filter(({ node, what }) => node === null && !toldByRows.has(what))
    .map((step) => moment(owners.get(step.token)!, step, noAnswers, 'step'));
  const sent = burstsOf(owned.filter(({ node }) => node !== null)).map(({ first, answers }) =>
    moment(owners.get(first.token)!, first, answers, 'server'),
  );
  return [...own, ...sent];
}

/** The key of a step is the lock's name at the servers, which ends in the number of the key. */
function isOfKey({ key }: TraceStep, number: number): boolean {
  const digits = /(\d+)\D*$/.exec(key);
  return digits === null || Number(digits[1]) === number;
}

/** Token -> contender. */
function ownersOf(
  steps: readonly TraceStep[],
  story: Story,
  context: CheckContext,
  scene: Scene,
): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  const granted = steps.filter(isGranted);
  for (const section of story.sections(scene)) {
    if (!scene.contenders.includes(section.contender)) continue;
    const free = granted.filter(({ token }) => !owners.has(token));
    const token = tokenOf(free, context, section);
    if (token !== null) owners.set(token, section.contender);
  }
  return owners;
}

/** When the round that led to this entry began, as far as the trace tells; else the entry itself. */
export function beganNs({ trace }: Story, context: CheckContext, section: Section): number {
  const steps = trace.filter((step) => isOfKey(step, section.key));
  const token = tokenOf(steps.filter(isGranted), context, section);
  const first = steps.find((step) => step.token === token)?.atNs ?? Infinity;
  return Math.min(section.enterNs, first);
}

function isGranted({ node, what }: TraceStep): boolean {
  return node === null && what === 'granted';
}

/** That of the nearest of these grants in the same worker. */
function tokenOf(granted: readonly TraceStep[], context: CheckContext, section: Section): string | null {
  const worker = workerOf(context.contenderNames(section.contender));
  const awayNs = ({ atNs }: TraceStep): number => Math.abs(atNs - section.enterNs);
  const near = granted.filter((step) => (worker === null || step.worker === worker) && awayNs(step) <= linkLimitNs);
  return near.sort((a, b) => awayNs(a) - awayNs(b)).at(0)?.token ?? null;
}

/** Contenders are named after their worker: "w1.3" is of worker 1. */
function workerOf(name: string): number | null {
  const digits = /^w(\d+)\./.exec(name);
  return digits === null ? null : Number(digits[1]);
}

interface Burst {
  readonly first: TraceStep;
  readonly answers: Map<number, string>;
}

/** The sendings of one command to several servers, with what came back. A second one to the same server begins another. */
function burstsOf(steps: readonly TraceStep[]): Burst[] {
  const all: Burst[] = [];
  const latest = new Map<string, Burst>();
  for (const step of steps) {
    const [name, node] = [`${step.token} ${step.what}`, step.node!];
    let burst = latest.get(name);
    if (burst === undefined || (step.answer === null && burst.answers.has(node))) {
      latest.set(name, (burst = { first: step, answers: new Map() }));
      all.push(burst);
    }
    burst.answers.set(node, step.answer ?? outstanding);
  }
  return all;
}
