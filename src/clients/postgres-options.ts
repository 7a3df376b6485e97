/** What a connection to PostgreSQL is opened with, set by us and printed in the result. */
import { types, type ClientConfig } from 'pg';
import type { SqlValue } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import { versionOf } from './options.js';

/** By which our sessions are told from others at the server. */
export const applicationName = 'lockbench';

const keepAliveMs = 30_000;
const usual = { user: 'postgres', database: 'postgres' } as const;

/**
 * At the server: how often it looks, while a statement waits for a lock, whether its client is still there (from version 14
 * on), and when it gives up one that says nothing. Without them a lock outlives a dead host for as long as TCP takes by
 * default, which is hours.
 */
const serverSettings = {
  client_connection_check_interval: '100ms',
  tcp_keepalives_idle: '5s',
  tcp_keepalives_interval: '1s',
  tcp_keepalives_count: '5',
  tcp_user_timeout: '10s',
} as const;

/** Sets those that this version knows, in one statement. */
export const sessionSettings = {
  text: `SELECT set_config(wanted.name, wanted.setting, false)
    FROM unnest($1::text[], $2::text[]) AS wanted (name, setting) JOIN pg_settings USING (name)`,
  values: [Object.keys(serverSettings), Object.values(serverSettings)],
} as const;

export function connectionConfig(endpoint: NodeEndpoint, connectTimeoutMs: number): ClientConfig {
  const { host, port, tls, username, password, database } = endpoint;
  return {
    host,
    port,
    user: username ?? usual.user,
    database: database ?? usual.database,
    ...(password === undefined ? {} : { password }),
    ssl: tls ? { servername: host } : false,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  };
}

/** The options as they go into the result: no address, no secret. */
export function postgresOptions(maxSessions: number): Readonly<Record<string, unknown>> {
  return {
    library: 'pg',
    version: versionOf('pg'),
    maxSessions,
    preparedStatements: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    ...serverSettings,
  };
}

type Parser = (text: string) => SqlValue;

const parsers: Readonly<Record<number, Parser>> = {
  [types.builtins.INT8]: BigInt,
  [types.builtins.INT4]: Number,
  [types.builtins.INT2]: Number,
  [types.builtins.OID]: Number,
  [types.builtins.FLOAT4]: Number,
  [types.builtins.FLOAT8]: Number,
  [types.builtins.BOOL]: (text) => text === 't',
};

const asText: Parser = (text) => text;

export const valueParsers = { getTypeParser: (oid: number): Parser => parsers[oid] ?? asText };
