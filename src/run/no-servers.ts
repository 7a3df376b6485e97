import type { Provisioned } from '../servers/provision.js';

/** A strategy without servers is given none. */
export const noServers: Provisioned = {
  endpoints: [],
  servers: [],
  controls: [],
  sentinels: [],
  pids: [],
  families: [],
  cpuMs: () => Promise.resolve([]),
  onIncident: () => () => {},
  keysLeft: () => Promise.resolve([]),
  unreachable: () => Promise.resolve([]),
  leader: () => Promise.resolve(null),
  removeKeys: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
