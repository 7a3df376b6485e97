import { expect, test } from 'vitest';
import { readHostPorts } from './host-ports.js';

test('reads addresses as ZooKeeper’s own tools take them', () => {
  expect(readHostPorts('a:2181, [::1]:2182')).toEqual({
    endpoints: [
      { host: 'a', port: 2181, tls: false },
      { host: '::1', port: 2182, tls: false },
    ],
  });
});

test.each(['', 'a', 'a:0', 'a:70000', 'a:1,', '[a]:1', 'user@a:1', '::1:2181'])('refuses %s', (text) => {
  expect(readHostPorts(text)).toHaveProperty('problem', expect.stringMatching(/expected host:port/));
});
