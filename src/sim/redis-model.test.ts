import { describe, expect, it } from 'vitest';
import { compareAndDelete, compareAndExpire, evalSha, setIfAbsent, withSource } from '../kit/scripts.js';
import { RedisModel } from './redis-model.js';

const owner = 'a';

describe('a simulated server', () => {
  it('keeps a key until its own wall clock shows more than the last millisecond', () => {
    let nowMs = 0;
    const model = new RedisModel(() => nowMs, { rate: 1, offsetMs: 0.5 });
    expect(model.execute(setIfAbsent('k', owner, 100))).toEqual({ reply: 'OK' });
    nowMs = 100.4;
    expect(model.execute({ name: 'PTTL', args: ['k'] })).toEqual({ reply: 0 });
    expect(model.execute(setIfAbsent('k', 'b', 100))).toEqual({ reply: null });
    nowMs = 100.5;
    expect(model.execute({ name: 'GET', args: ['k'] })).toEqual({ reply: null });
    expect(model.execute(setIfAbsent('k', 'b', 100))).toEqual({ reply: 'OK' });
  });

  it('counts by its own rate', () => {
    let nowMs = 0;
    const model = new RedisModel(() => nowMs, { rate: 1.01, offsetMs: 0 });
    model.execute(setIfAbsent('k', owner, 1000));
    nowMs = 991.08;
    expect(model.get('k')).toBe(owner);
    nowMs = 991.1;
    expect(model.get('k')).toBeNull();
  });

  it('says NOSCRIPT, and did not execute, until the script is loaded by LOAD or EVAL', () => {
    const model = new RedisModel(() => 0);
    const release = evalSha(compareAndDelete, 'k', owner);
    model.execute(setIfAbsent('k', owner, 100));
    expect(model.execute(release)).toMatchObject({ error: { code: 'NOSCRIPT', fate: 'not-executed' } });
    expect(model.get('k')).toBe(owner);
    expect(model.execute(withSource(evalSha(compareAndExpire, 'k', owner, 50)))).toEqual({ reply: 1 });
    expect(model.execute({ name: 'PTTL', args: ['k'] })).toEqual({ reply: 50 });
    model.execute({ name: 'SCRIPT', args: ['LOAD', compareAndDelete.lua], script: compareAndDelete });
    expect(model.execute(release)).toEqual({ reply: 1 });
    expect(model.execute(release)).toEqual({ reply: 0 });
    model.execute({ name: 'SCRIPT', args: ['FLUSH'] });
    expect(model.execute(release)).toMatchObject({ error: { code: 'NOSCRIPT' } });
  });

  it('forgets scripts in a restart, and data where none are kept', () => {
    const model = new RedisModel(() => 0);
    model.load(compareAndDelete);
    model.execute({ name: 'SETNX', args: ['k', owner] });
    model.restart(true);
    expect(model.execute(evalSha(compareAndDelete, 'k', owner))).toMatchObject({ error: { code: 'NOSCRIPT' } });
    expect(model.keys()).toEqual(['k']);
    model.restart(false);
    expect(model.keys()).toEqual([]);
  });

  it('takes no writes as a replica', () => {
    const model = new RedisModel(() => 0, { rate: 1, offsetMs: 0 }, true);
    expect(model.execute(setIfAbsent('k', owner, 100))).toMatchObject({ error: { code: 'READONLY' } });
  });
});
