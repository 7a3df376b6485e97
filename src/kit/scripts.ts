/**
 * The two scripts that every owner-checked lock on Redis needs, each with the model that stands for it in simulation.
 * Source: Redis documentation, "Distributed locks with Redis", section "Correct implementation with a single instance".
 */
import { createHash } from 'node:crypto';
import type { Command, ScriptDecl } from '../contract/index.js';

/** Declares a script; its hash is what EVALSHA sends. */
export function script(name: string, lua: string, model: ScriptDecl['model'], keys = 1): ScriptDecl {
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex'), keys, model };
}

/** Deletes KEYS[1] if its value is ARGV[1]: 1 when deleted, 0 when it is gone or somebody else's. */
export const compareAndDelete = script(
  'compare-and-delete',
  // What it calls is looked up once.
  "local call = redis.call if call('GET', KEYS[1]) == ARGV[1] then return call('DEL', KEYS[1]) end return 0",
  (db, keys, args) => (db.get(keys[0]) === args[0] && db.del(keys[0]) ? 1 : 0),
);

/** Sets the expiry of KEYS[1] to ARGV[2] ms if its value is ARGV[1]: 1 when set, 0 when it is gone or somebody else's. */
export const compareAndExpire = script(
  'compare-and-expire',
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
  (db, keys, args) => (db.get(keys[0]) === args[0] && db.pexpire(keys[0], Number(args[1])) ? 1 : 0),
);

/** The command that runs a script which the server is expected to know; its keys come before its arguments. */
export function evalSha(decl: ScriptDecl, ...args: readonly (string | number)[]): Command {
  return { name: 'EVALSHA', args: [decl.sha, decl.keys, ...args], script: decl };
}

/** The same command with the script's source, for a server that has forgotten it (NOSCRIPT). */
export function withSource(command: Command): Command {
  const decl = command.script!;
  return { name: 'EVAL', args: [decl.lua, ...command.args.slice(1)], script: decl };
}

/** What makes a server know the command's script, and executes nothing of it. */
export function loading({ script: decl }: Command): Command {
  return { name: 'SCRIPT', args: ['LOAD', decl!.lua], script: decl! };
}

export function setIfAbsent(key: string, token: string, ttlMs: number): Command {
  return { name: 'SET', args: [key, token, 'NX', 'PX', ttlMs] };
}
