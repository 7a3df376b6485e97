import { describe, expect, test } from 'vitest';
import type { Command } from '../contract/index.js';
import { frameOf } from './resp-frames.js';

function bytesOf(command: Command): string {
  return Buffer.from(frameOf(command), 'latin1').toString();
}

describe('a frame', () => {
  test('is an array of bulk strings', () => {
    expect(bytesOf({ name: 'SET', args: ['key', 'a b', 'PX', 1000] })).toBe(
      '*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\na b\r\n$2\r\nPX\r\n$4\r\n1000\r\n',
    );
    expect(bytesOf({ name: 'PING', args: [] })).toBe('*1\r\n$4\r\nPING\r\n');
    expect(bytesOf({ name: 'ECHO', args: [''] })).toBe('*2\r\n$4\r\nECHO\r\n$0\r\n\r\n');
  });

  test('counts bytes, of which some characters have several', () => {
    expect(bytesOf({ name: 'ECHO', args: ['ü€', '👍', 'ÿ'] })).toBe(
      '*4\r\n$4\r\nECHO\r\n$5\r\nü€\r\n$4\r\n👍\r\n$2\r\nÿ\r\n',
    );
  });

  test('carries line ends and zeros as they are', () => {
    expect(bytesOf({ name: 'ECHO', args: ['a\r\nb\0'] })).toBe('*2\r\n$4\r\nECHO\r\n$5\r\na\r\nb\0\r\n');
  });

  test('is that of its own command, however alike the one before was', () => {
    const first = { name: 'SET', args: ['k', '1'] };
    const second = { name: 'SET', args: ['k', '2'] };
    expect([first, first, second, first].map((command) => bytesOf(command).at(-3))).toEqual(['1', '1', '2', '1']);
  });
});
