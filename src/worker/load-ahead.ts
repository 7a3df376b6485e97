/**
 * What a worker is going to need, loaded while the servers are still starting. What cannot be loaded is told when it is used:
 * modules remember how they failed.
 */
import { loadPlugin, loadStrategy } from '../base/plugins.js';
import { loadEngine } from '../clients/engine.js';
import type { Errand } from './protocol.js';

export async function loadAhead({ strategy, load, workload }: Errand): Promise<void> {
  await Promise.allSettled([
    loadEngine(strategy),
    loadStrategy(strategy),
    loadPlugin('load shape', load),
    loadPlugin('workload', workload),
  ]);
}
