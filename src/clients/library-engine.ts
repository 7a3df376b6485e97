/** Published lock libraries get the addresses of Redis, and the name of the client that they are to use. */
import { clientOf, type EngineRequest, type OpenedEngine } from './engine.js';
import { handOver } from './handed-over.js';
import { libraryVersion } from './options.js';

export function openLibraryEngine(request: EngineRequest): Promise<OpenedEngine<'library'>> {
  const client = clientOf(request);
  const engine = { client, endpoints: request.endpoints };
  return Promise.resolve({ name: 'library', engine, ...handOver(libraryVersion(client)) });
}
