import { describe, expect, it } from 'vitest';
import { canSkipFsync } from './etcd-binary.js';
import { readEtcdNodes } from './etcd-url.js';

describe('--etcd', () => {
  it('names nodes by host and port, with or without TLS', () => {
    expect(readEtcdNodes('localhost:7041, http://10.0.0.1:2380,https://etcd.example,[::1]:7042')).toEqual({
      endpoints: [
        { host: 'localhost', port: 7041, tls: false },
        { host: '10.0.0.1', port: 2380, tls: false },
        { host: 'etcd.example', port: 2379, tls: true },
        { host: '::1', port: 7042, tls: false },
      ],
    });
  });

  it.each(['', 'a,,b', 'host:0', 'host:70000', 'redis://host:1', '[x]:1', 'host:12a'])('refuses %j', (text) => {
    expect(readEtcdNodes(text)).toMatchObject({ problem: expect.stringContaining('expected host:port') });
  });

  it('never repeats a password', () => {
    const { problem } = readEtcdNodes('http://user:secret@host:2379') as { problem: string };
    expect(problem).toMatch(/not supported/);
    expect(problem).not.toContain('secret');
  });
});

it('syncing can be left out from etcd 3.5 on', () => {
  expect(['3.4.23', '3.5.0', '3.6.1', '4.0.0', null].map(canSkipFsync)).toEqual([false, true, true, true, false]);
});
