/** What a server tells of itself: the fields of INFO and the reply to ROLE. Pure parsing, for Redis and Valkey alike. */
import type { Environment, Reply } from '../contract/index.js';

export type ServerFacts = Environment['servers'][number];

/** Settings that change what a lock costs or what a crash loses. */
export const settingNames = ['save', 'appendonly', 'appendfsync', 'maxmemory-policy', 'io-threads'] as const;

export function parseInfo(reply: Reply): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of String(reply).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** "Redis 7.0.15", "Valkey 8.1.0"; Valkey also answers with the Redis version it is compatible with. */
export function versionIn(info: ReadonlyMap<string, string>): string {
  const valkey = info.get('valkey_version');
  return valkey === undefined ? `Redis ${info.get('redis_version') ?? 'of unknown version'}` : `Valkey ${valkey}`;
}

export function modeIn(info: ReadonlyMap<string, string>): string {
  return info.get('redis_mode') ?? info.get('server_mode') ?? 'unknown';
}

/** CPU time used so far by all threads of the server; NaN when it does not tell. */
export function cpuMsIn(info: ReadonlyMap<string, string>): number {
  return 1000 * (Number(info.get('used_cpu_sys') ?? NaN) + Number(info.get('used_cpu_user') ?? NaN));
}

/** CONFIG GET answers name and value by turns. */
export function settingIn(reply: Reply): string {
  return Array.isArray(reply) && reply.length >= 2 ? String(reply[1]) : 'unknown';
}

/** The first word of ROLE: master, slave or sentinel. */
export function roleIn(reply: Reply): string {
  return Array.isArray(reply) ? String(reply[0]) : String(reply);
}

/** Of a replica: whether its link to the master is up. */
export function linkedIn(reply: Reply): boolean {
  return Array.isArray(reply) && reply[0] === 'slave' && reply[3] === 'connected';
}
