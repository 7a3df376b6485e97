/**
 * The part of Redis that a lock can feel: the commands, scripts that the server may have forgotten, expiry on the server's
 * own wall clock in whole ms (a key is gone when `now > when`; redis/src/db.c, keyIsExpired), and acknowledgements of
 * replicas. One call is one command, executed atomically. Memory limits, persistence and promotion are not modelled.
 */
import type { Command, Failure, FailureCode, ModelDb, Reply, ScriptDecl } from '../contract/index.js';

export interface ServerClock {
  /** 1.009: gains 0.9 % on the virtual time that clients see. */
  readonly rate: number;
  readonly offsetMs: number;
}

/** A string, a hash, or a sorted set: member -> score. */
type Value = string | Hash | SortedSet;
class Hash extends Map<string, string> {}
class SortedSet extends Map<string, number> {}

interface Entry {
  readonly value: Value;
  /** Last ms of the server's wall clock at which the key is there. Infinity: no expiry. */
  readonly whenMs: number;
}

/** What a command came to. `error` is a reply that the server sent in place of one. */
export type Result = { readonly reply: Reply } | { readonly error: Failure };

const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';
const writes = new Set(['SET', 'SETNX', 'DEL', 'PEXPIRE', 'EVAL', 'EVALSHA']);

export class RedisModel implements ModelDb {
  /** Grows with every change of the data. */
  offset = 0;
  readonly #data = new Map<string, Entry>();
  readonly #scripts = new Map<string, ScriptDecl>();

  constructor(
    private readonly nowMs: () => number,
    private readonly clock: ServerClock = { rate: 1, offsetMs: 0 },
    private readonly readOnly = false,
    private readonly onPublish: (channel: string, payload: string) => number = () => 0,
  ) {}

  wallMs(): number {
    return Math.floor(this.nowMs() * this.clock.rate + this.clock.offsetMs);
  }

  keys(): string[] {
    return [...this.#data.keys()].filter((key) => this.exists(key));
  }

  exists(key: string): boolean {
    return this.#entry(key) !== undefined;
  }

  isString(key: string): boolean {
    return typeof this.#entry(key)?.value === 'string';
  }

  get(key: string): string | null {
    const value = this.#entry(key)?.value ?? null;
    if (value !== null && typeof value !== 'string') throw new Error(wrongType);
    return value;
  }

  set(key: string, value: string, pxMs: number | null): void {
    this.#put(key, value, pxMs);
  }

  del(key: string): boolean {
    if (this.#entry(key) === undefined) return false;
    this.offset += 1;
    return this.#data.delete(key);
  }

  pexpire(key: string, ms: number): boolean {
    const entry = this.#entry(key);
    if (entry === undefined) return false;
    if (ms <= 0) return this.del(key);
    this.#put(key, entry.value, ms);
    return true;
  }

  setIfAbsent(key: string, value: string, pxMs: number): boolean {
    const result = this.#set([key, value, 'NX', 'PX', String(pxMs)]);
    if ('error' in result) throw new Error(result.error.message);
    return result.reply === 'OK';
  }

  incr(key: string): number {
    const entry = this.#entry(key);
    const value = this.get(key) ?? '0';
    if (!/^(0|-?[1-9]\d*)$/.test(value)) throw new Error('value is not an integer or out of range');
    this.#data.set(key, { value: String(Number(value) + 1), whenMs: entry?.whenMs ?? Infinity });
    this.offset += 1;
    return Number(value) + 1;
  }

  pttl(key: string): number {
    const entry = this.#entry(key);
    if (entry === undefined) return -2;
    return entry.whenMs === Infinity ? -1 : entry.whenMs - this.wallMs();
  }

  timeMs(): number {
    return this.wallMs();
  }

  hget(key: string, field: string): string | null {
    return this.#of(key, Hash)?.get(field) ?? null;
  }

  hgetall(key: string): readonly (readonly [field: string, value: string])[] {
    return [...(this.#of(key, Hash) ?? [])];
  }

  hset(key: string, field: string, value: string): void {
    this.#made(key, Hash).set(field, value);
    this.offset += 1;
  }

  hdel(key: string, field: string): void {
    this.#take(key, Hash, field);
  }

  zrange(key: string): readonly (readonly [member: string, score: number])[] {
    const members = [...(this.#of(key, SortedSet) ?? [])];
    return members.sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1));
  }

  zscore(key: string, member: string): number | null {
    return this.#of(key, SortedSet)?.get(member) ?? null;
  }

  zadd(key: string, score: number, member: string): void {
    this.#made(key, SortedSet).set(member, score);
    this.offset += 1;
  }

  zrem(key: string, member: string): void {
    this.#take(key, SortedSet, member);
  }

  publish(channel: string, payload: string): number {
    return this.onPublish(channel, payload);
  }

  load(script: ScriptDecl): void {
    this.#scripts.set(script.sha, script);
  }

  flushScripts(): void {
    this.#scripts.clear();
  }

  /** A restart forgets the scripts, and without persistence the data. */
  restart(keepsData: boolean): void {
    this.flushScripts();
    if (!keepsData) this.#data.clear();
  }

  execute(command: Command): Result {
    const name = command.name.toUpperCase();
    if (this.readOnly && writes.has(name)) return failed('READONLY', "You can't write against a read only replica.");
    const args = command.args.map(String);
    switch (name) {
      case 'PING':
        return { reply: 'PONG' };
      case 'GET':
        return this.#typed(() => this.get(args[0]));
      case 'HKEYS':
        return this.#typed(() => this.hgetall(args[0]).map(([field]) => field));
      case 'ZRANGE':
        return this.#typed(() => this.zrange(args[0]).flatMap(([member, score]) => [member, String(score)]));
      case 'SET':
        return this.#set(args);
      case 'SETNX':
        if (this.get(args[0]) !== null) return { reply: 0 };
        this.set(args[0], args[1], null);
        return { reply: 1 };
      case 'DEL':
        return { reply: args.filter((key) => this.del(key)).length };
      case 'PTTL':
        return { reply: this.pttl(args[0]) };
      case 'PEXPIRE':
        return { reply: this.pexpire(args[0], Number(args[1])) ? 1 : 0 };
      case 'PUBLISH':
        return { reply: this.publish(args[0], args[1]) };
      case 'SCRIPT':
        return this.#script(args, command.script);
      case 'EVAL':
      case 'EVALSHA':
        return this.#eval(name, args, command.script);
      default:
        return failed('ERR', `unknown command '${name}'`);
    }
  }

  #set([key, value, ...flags]: readonly string[]): Result {
    let onlyNew = false;
    let pxMs: number | null = null;
    for (let i = 0; i < flags.length; i += 1) {
      const flag = flags[i].toUpperCase();
      if (flag === 'NX') onlyNew = true;
      else if (flag === 'PX') pxMs = Number(flags[(i += 1)]);
      else return failed('ERR', 'syntax error');
    }
    if (pxMs !== null && !Number.isInteger(pxMs)) return failed('ERR', 'value is not an integer or out of range');
    if (pxMs !== null && pxMs <= 0) return failed('ERR', "invalid expire time in 'set' command");
    if (onlyNew && this.get(key) !== null) return { reply: null };
    this.set(key, value, pxMs);
    return { reply: 'OK' };
  }

  #script([verb]: readonly string[], decl: ScriptDecl | undefined): Result {
    if (verb?.toUpperCase() === 'FLUSH') {
      this.flushScripts();
      return { reply: 'OK' };
    }
    if (decl === undefined) return failed('ERR', 'the model runs declared scripts only');
    this.load(decl);
    return { reply: decl.sha };
  }

  #eval(name: string, [body, count, ...rest]: readonly string[], decl: ScriptDecl | undefined): Result {
    const script = name === 'EVAL' ? decl : this.#scripts.get(body);
    if (script === undefined && name === 'EVAL') return failed('ERR', 'the model runs declared scripts only');
    if (script === undefined) return failed('NOSCRIPT', 'No matching script. Please use EVAL.');
    this.load(script);
    try {
      return { reply: script.model(this, rest.slice(0, Number(count)), rest.slice(Number(count))) };
    } catch (error) {
      return { error: { code: 'ERR', fate: 'maybe-executed', message: (error as Error).message } };
    }
  }

  #typed(read: () => Reply): Result {
    try {
      return { reply: read() };
    } catch (error) {
      return failed('ERR', (error as Error).message);
    }
  }

  #put(key: string, value: Value, pxMs: number | null): void {
    this.#data.set(key, { value, whenMs: pxMs === null ? Infinity : this.wallMs() + pxMs });
    this.offset += 1;
  }

  #of<T extends Value & object>(key: string, type: new () => T): T | undefined {
    const value = this.#entry(key)?.value;
    if (value !== undefined && !(value instanceof type)) throw new Error(wrongType);
    return value;
  }

  /** What has become empty is gone. */
  #take(key: string, type: new () => Hash | SortedSet, name: string): void {
    const found = this.#of(key, type);
    if (found === undefined || !found.delete(name)) return;
    this.offset += 1;
    if (found.size === 0) this.#data.delete(key);
  }

  #made<T extends Value & object>(key: string, type: new () => T): T {
    const found = this.#of(key, type);
    if (found !== undefined) return found;
    const made = new type();
    this.#put(key, made, null);
    return made;
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#data.get(key);
    if (entry === undefined || this.wallMs() <= entry.whenMs) return entry;
    this.#data.delete(key);
    return undefined;
  }
}

export function failed(code: FailureCode, message: string): { readonly error: Failure } {
  return { error: { code, fate: 'not-executed', message } };
}
