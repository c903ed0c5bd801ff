import { expect, test } from 'vitest';
import { callerAddress } from './caller-address.ts';

const from = (remoteAddress: string, forwardedFor?: string) => ({ remoteAddress, forwardedFor });

test('without trusted proxies nobody can say that he is somebody else', () => {
  expect(callerAddress(from('::ffff:192.0.2.7', '203.0.113.9'), false)).toBe('192.0.2.7');
});

test('proxies are walked back over as far as they are trusted', () => {
  const trusted = '10.0.0.0/8,fd00::/8';
  expect(callerAddress(from('10.0.0.1', '203.0.113.9'), trusted)).toBe('203.0.113.9');
  expect(callerAddress(from('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2'), trusted)).toBe(
    '203.0.113.9',
  );
  expect(callerAddress(from('fd00::5', '2001:db8::1'), trusted)).toBe('2001:db8::1');
  expect(callerAddress(from('192.0.2.7', '203.0.113.9'), trusted)).toBe('192.0.2.7');
  expect(callerAddress(from('10.0.0.1'), trusted)).toBe('10.0.0.1');
});
