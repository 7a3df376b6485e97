/** etcd as an engine: one cluster, over a client of our own (`grpc.ts` says why). */
import { after } from '../base/clock.js';
import type { EngineRequest, OpenedEngine } from './engine.js';
import { EtcdNodes } from './etcd-cluster.js';

/** Every option that changes what it does. */
const options = {
  library: 'node:http2',
  version: process.versions.node,
  protocol: 'gRPC, one connection to each node',
  endpoint: 'one node at a time, the next when it fails',
  retries: 0,
  requireLeader: true,
} as const;

export async function openEtcdEngine(request: EngineRequest): Promise<OpenedEngine<'etcd'>> {
  const cluster = await new Promise<EtcdNodes>((resolve) => {
    const ready = (): void => {
      stopTimer();
      resolve(opened);
    };
    const stopTimer = after(request.readyWaitMs, ready);
    const opened: EtcdNodes = new EtcdNodes(request.endpoints, request.connectTimeoutMs, () => {
      if (opened.up) ready();
    });
  });
  return {
    name: 'etcd',
    engine: cluster,
    meter: cluster.meter,
    options,
    isUp: () => cluster.up,
    answered: () => cluster.answered(),
    failures: () => cluster.failures(),
    close: () => Promise.resolve(cluster.close()),
  };
}
