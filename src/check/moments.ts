/**
 * What happened on one key between two times, from every record there is: entries and exits, steps at the servers, operations
 * on the resource, faults. The material of a diagram; how it is drawn is in interleaving.ts.
 */
import { resourceOps, rowFlags, type CheckContext } from '../contract/index.js';
import { ms, since } from './overlaps.js';
import { noAnswers, type Moment, type Scene, type Story } from './scene.js';
import { traceMoments } from './trace-moments.js';

/** The section of a guarded holder ends with its lease, whatever it does then: it will find out before its next operation. */
const atOnceNs = 10_000;

const did: Readonly<Record<number, string>> = {
  [resourceOps.read]: 'finds',
  [resourceOps.write]: 'writes',
  [resourceOps.refusedRead]: 'is refused a read',
  [resourceOps.refusedWrite]: 'is refused a write',
};

export function momentsOf(story: Story, context: CheckContext, scene: Scene): Moment[] {
  const moments = [
    ...turns(story, context, scene),
    ...traceMoments(story, context, scene),
    ...resourceMoments(story, context, scene),
    ...faultMoments(story, scene),
  ];
  return moments.sort((a, b) => a.atNs - b.atNs);
}

function turns(story: Story, context: CheckContext, scene: Scene): Moment[] {
  return story.sections(scene).flatMap(({ contender, enterNs, leaveNs, validUntilNs, flags }) => {
    if (!scene.contenders.includes(contender)) return [];
    const turn = (atNs: number, text: string): Moment[] =>
      atNs < scene.fromNs || atNs > scene.toNs
        ? []
        : [
            {
              atNs,
              contender,
              text: `${context.contenderNames(contender)} ${text}`,
              weight: 'turn',
              answers: noAnswers,
            },
          ];
    const lease = validUntilNs === Infinity ? 'without expiry' : `valid to ${since(story, validUntilNs)}`;
    const endsWithLease = Math.abs(leaveNs - validUntilNs) < atOnceNs;
    const late = validUntilNs < leaveNs ? `, ${ms(leaveNs - validUntilNs)} after its lease was over` : '';
    return [
      ...turn(enterNs, `enters, ${lease}`),
      ...(validUntilNs > enterNs && validUntilNs < leaveNs && !endsWithLease
        ? turn(validUntilNs, 'lease over, still inside')
        : []),
      ...(leaveNs > enterNs && (flags & rowFlags.open) === 0
        ? turn(leaveNs, endsWithLease ? 'lease over' : `leaves${late}`)
        : []),
    ];
  });
}

function resourceMoments({ resource }: Story, context: CheckContext, scene: Scene): Moment[] {
  if (resource?.kind !== 'server') return [];
  const { rows } = resource;
  const moments: Moment[] = [];
  for (let row = 0; row < rows.count; row += 1) {
    const [atNs, contender] = [rows.atNs[row], rows.contender[row]];
    if (rows.key[row] !== scene.key || atNs < scene.fromNs || atNs > scene.toNs) continue;
    if (!scene.contenders.includes(contender)) continue;
    const item = rows.item[row] === 0 ? '' : ` (item ${rows.item[row]})`;
    const fence = rows.fence[row] < 0n ? '' : `, token ${rows.fence[row]}`;
    const value = Number.isNaN(rows.value[row]) ? '' : ` ${rows.value[row]}`;
    moments.push({
      atNs,
      contender,
      text: `${context.contenderNames(contender)} ${did[rows.op[row]]}${value}${item}${fence}`,
      weight: 'step',
      answers: noAnswers,
    });
  }
  return moments;
}

/** Those that struck or were healed within the scene, and those that lasted through it. */
function faultMoments(story: Story, { fromNs, toNs }: Scene): Moment[] {
  const atNs = (fromOpeningMs: number): number => story.windowNs[0] + fromOpeningMs * 1e6;
  return story.faults.flatMap(({ name, target, what, startedMs, healedMs, effective, steps }) => {
    if (startedMs === null || atNs(startedMs) > toNs) return [];
    const healedNs = healedMs === null ? Infinity : atNs(healedMs);
    if (healedNs < fromNs) return [];
    const title = target === '' || what.includes(target) ? name : `${name} on ${target}`;
    const line = (at: number, text: string): Moment => {
      return { atNs: at, contender: null, text, weight: 'turn', answers: noAnswers };
    };
    if (steps.length > 0) return steps.map((step) => line(atNs(step.atMs), `FAULT ${name}: ${step.what}`));
    const struck = line(atNs(startedMs), `FAULT ${title}: ${what}${effective ? '' : ' (without effect)'}`);
    return healedNs > toNs || healedMs === startedMs ? [struck] : [struck, line(healedNs, `healed: ${title}`)];
  });
}
