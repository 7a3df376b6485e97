/** Redis as an engine: its nodes, on the client library of one's choice. */
import { clientOf, type EngineRequest, type OpenedEngine } from './engine.js';
import { clientOptions, openNodes } from './open.js';

const pingLimitMs = 5_000;

export async function openRedisEngine(request: EngineRequest): Promise<OpenedEngine<'redis'>> {
  const { endpoints } = request;
  const client = clientOf(request);
  const { nodes, meter, failures, close } = await openNodes(client, endpoints, request);
  const ping = { name: 'PING', args: [] };
  return {
    name: 'redis',
    engine: nodes,
    meter,
    options: endpoints.length === 0 ? {} : clientOptions(client),
    isUp: () => nodes.every((node) => node.shared.up),
    // The shared connections keep the order.
    async answered() {
      await Promise.all(
        nodes.map(({ shared }) => new Promise<void>((resolve) => shared.send(ping, pingLimitMs, 0, () => resolve()))),
      );
    },
    failures,
    close,
  };
}
