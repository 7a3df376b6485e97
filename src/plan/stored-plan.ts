/** A plan read back from a run's plan.json: checked as strictly as one made of options. */
import { LockbenchError, planSchemaVersion, type LockStrategy, type Plan } from '../contract/index.js';
import { deepFreeze } from './resolve.js';

const hint = 'Give the plan.json of a run that this version wrote, unchanged.';

/** The shape of a plan, from one that is right. */
export function readStoredPlan(
  text: string,
  example: Plan,
  find: (name: string, file: string | null) => LockStrategy | undefined,
): Plan {
  let plan: Plan;
  try {
    plan = JSON.parse(text) as Plan;
  } catch (cause) {
    throw new LockbenchError('BAD_PLAN', `the plan is no JSON: ${(cause as Error).message}`, hint, { cause });
  }
  if (plan.schemaVersion !== planSchemaVersion) {
    throw new LockbenchError(
      'BAD_PLAN',
      `the plan has schema version ${String(plan.schemaVersion)}, this program reads ${planSchemaVersion}`,
      hint,
    );
  }
  const wrong = [
    ...differences(plan, example, ''),
    ...plan.strategies.flatMap((one) => differences(one, example.strategies[0], `strategies ${one.label}: `)),
  ];
  if (wrong.length > 0) throw new LockbenchError('BAD_PLAN', `the plan is not whole: ${wrong.join('; ')}`, hint);
  const strategies = plan.strategies.map((one) => {
    const strategy = find(one.name, one.file);
    if (strategy === undefined)
      throw new LockbenchError('BAD_PLAN', `there is no strategy ${JSON.stringify(one.name)} any more`, hint);
    const judgement = strategy.judge(one.options, one.topology);
    if ('refused' in judgement) throw new LockbenchError('BAD_PLAN', `${one.label}: ${judgement.refused}`, hint);
    return { ...one, claims: judgement.claims };
  });
  return deepFreeze({ ...plan, strategies });
}

/** Null stands for an option that was not chosen, so it agrees with any type. */
function differences(given: object, example: object, where: string): string[] {
  const wrong: string[] = [];
  for (const key of new Set([...Object.keys(given), ...Object.keys(example)])) {
    const [a, b] = [(given as Record<string, unknown>)[key], (example as Record<string, unknown>)[key]];
    if (!(key in given)) wrong.push(`${where}${key} is missing`);
    else if (!(key in example)) wrong.push(`${where}${key} is unknown`);
    else if (a !== null && b !== null && (typeof a !== typeof b || Array.isArray(a) !== Array.isArray(b)))
      wrong.push(`${where}${key} is no ${typeof b}`);
  }
  return wrong;
}
