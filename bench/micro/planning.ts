/** From options to a plan. */
import { openCatalogue } from '../../src/plan/catalogue.js';
import { resolvePlan } from '../../src/plan/resolve.js';
import { group } from './group.js';

export async function planning(): Promise<void> {
  const catalogue = await openCatalogue();
  await group('plan', 1, (bench) => {
    bench.add('resolve the default plan', () => {
      resolvePlan({}, catalogue, [], 1);
    });
    bench.add('resolve five contestants', () => {
      resolvePlan({ strategy: 'setnx,single,failover,redlock,redlock@quorum=all' }, catalogue, [], 1);
    });
  });
}
