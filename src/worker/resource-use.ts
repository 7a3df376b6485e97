/** A contender's way to what the lock protects: a cell in shared memory, or a process of its own over one connection. */
import type { LockbenchError, Resource } from '../contract/index.js';
import { MemoryResource } from '../record/memory-resource.js';
import { connectResource } from '../resource/client.js';
import type { WorkerTask } from './protocol.js';

/** What a contender does its work on. */
export interface ResourceUse {
  /** The resource as the section of one grant sees it; `grant` counts the grants of this contender. */
  section(key: number, grant: number, fence: bigint | undefined): Resource;
}

/** What the contenders of one worker share. */
export interface ResourceDoor {
  use(contender: number): ResourceUse;
  /** When all contenders are done. */
  close(): void;
}

/** `onLost`: the connection died, and with it the worth of this worker's records. */
export function openResource(
  { resource, shared }: WorkerTask,
  onLost: (error: LockbenchError) => void,
): Promise<ResourceDoor> {
  if (resource !== null) return connectResource(resource, onLost);
  const cells = new Int32Array(shared.resource);
  return Promise.resolve({ use: () => memoryUse(cells), close: () => {} });
}

function memoryUse(cells: Int32Array): ResourceUse {
  const resource = new MemoryResource(cells);
  return {
    section(key) {
      resource.key = key;
      return resource;
    },
  };
}
