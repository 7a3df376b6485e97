import { expect, test } from 'vitest';
import { runsOn } from './required.testing.js';

test('tests on an engine that is missing are skipped with the reason', () => {
  expect(runsOn('etcd', null, '')).toEqual({ runs: true, skipped: '' });
  expect(runsOn('etcd', 'no etcd', '')).toEqual({ runs: false, skipped: ' (skipped: no etcd)' });
  expect(runsOn('etcd', 'no etcd', 'postgres')).toMatchObject({ runs: false });
});

test('where it is required they run', () => {
  expect(runsOn('etcd', 'no etcd', 'postgres, etcd')).toEqual({ runs: true, skipped: '' });
});

test('an engine that nobody knows is not required silently', () => {
  expect(() => runsOn('etcd', null, 'postgresql')).toThrow(/names postgresql, not only etcd, postgres, zookeeper/);
});
