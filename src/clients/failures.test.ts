import { describe, expect, test } from 'vitest';
import { downFailure, groupFailure, resetFailure, runsScript, serverFailure, timeoutFailure } from './failures.js';

describe('failures', () => {
  test.each([
    ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT'],
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['BUSY Redis is busy running a script.', 'BUSY'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ['LOADING', 'LOADING'],
  ])('know "%s" by its prefix, as not executed even for a script', (message, code) => {
    expect(serverFailure(message, false)).toEqual({ code, fate: 'not-executed', message });
    expect(serverFailure(message, true)).toEqual({ code, fate: 'not-executed', message });
  });

  test.each(['ERR syntax error', 'WRONGTYPE Operation against a key', 'OOMPH', '', 'BUSYGROUP exists'])(
    'take "%s" for an error that a script may run into half way',
    (message) => {
      expect(serverFailure(message, false)).toMatchObject({ code: 'ERR', fate: 'not-executed' });
      expect(serverFailure(message, true)).toMatchObject({ code: 'ERR', fate: 'maybe-executed' });
    },
  );

  test('of the connection tell by their fate whether anything was written', () => {
    expect(downFailure('x')).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    expect(resetFailure('x')).toMatchObject({ code: 'RESET', fate: 'maybe-executed' });
    expect(timeoutFailure(50)).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
  });

  test('of a group are as bad as the worst of it', () => {
    const down = downFailure('x');
    const reset = resetFailure('x');
    expect(groupFailure([null, null])).toBeNull();
    expect(groupFailure([down, down])).toBe(down);
    expect(groupFailure([down, reset])).toEqual({ ...down, fate: 'maybe-executed' });
    expect(groupFailure([null, down])).toEqual({ ...down, fate: 'maybe-executed' });
    expect(groupFailure([null, reset])).toEqual(reset);
  });

  test('know a script by its declaration or by its command', () => {
    expect(runsScript({ name: 'EVAL', args: [] })).toBe(true);
    expect(runsScript({ name: 'SET', args: [] })).toBe(false);
  });
});
