import { describe, expect, it, test } from 'vitest';
import { framed, Frames } from './grpc-frames.js';
import { statusFailure } from './grpc-status.js';

describe('the end of a call', () => {
  it.each([
    [5, 'etcdserver: requested lease not found', 'ERR', 'not-executed'],
    [8, 'etcdserver: mvcc: database space exceeded', 'ERR', 'not-executed'],
    [9, 'etcdserver: lease already exists', 'ERR', 'not-executed'],
    [14, 'etcdserver: no leader', 'DOWN', 'not-executed'],
    [2, 'raft proposal dropped', 'DOWN', 'not-executed'],
    [14, 'etcdserver: request timed out, possibly due to previous leader failure', 'TIMEOUT', 'maybe-executed'],
    [14, 'etcdserver: leader changed', 'ERR', 'maybe-executed'],
    [4, 'context deadline exceeded', 'TIMEOUT', 'maybe-executed'],
    [13, 'whatever', 'ERR', 'maybe-executed'],
  ])('with %i (%s) is %s, %s', (status, message, code, fate) => {
    const headers = { 'grpc-status': String(status), 'grpc-message': encodeURIComponent(message) };
    expect(statusFailure(headers)).toMatchObject({ code, fate, message: expect.stringContaining(message) });
  });

  it('is no failure with 0, or as long as nothing is said', () => {
    expect(statusFailure({ 'grpc-status': '0' })).toBeNull();
    expect(statusFailure({ ':status': 200 })).toBeNull();
  });
});

test('messages are found again, however the bytes are cut', () => {
  const wire = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.alloc(0)), framed(Buffer.from('three'))]);
  for (let size = 1; size <= wire.length; size += 1) {
    const frames = new Frames();
    const found: string[] = [];
    for (let at = 0; at < wire.length; at += size)
      found.push(...frames.add(wire.subarray(at, at + size)).map((message) => message.toString()));
    expect(found).toEqual(['one', '', 'three']);
  }
});
