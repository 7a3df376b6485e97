/** Where the design connects by itself it gets addresses: nothing is metered, and nothing is held open here. */
import type { EngineRequest, OpenedEngine } from './engine.js';
import { handOver } from './handed-over.js';

export function openEtcdEngine({ endpoints }: EngineRequest): Promise<OpenedEngine<'etcd'>> {
  const addresses = endpoints.map(({ host, port, tls }) => ({ host, port, tls }));
  return Promise.resolve({ name: 'etcd', engine: { endpoints: addresses }, ...handOver({}) });
}
