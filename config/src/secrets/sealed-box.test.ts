import { randomBytes } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import { expect, test } from 'vitest';
import { open, seal } from './sealed-box.ts';

const key = randomBytes(32);

test('what was sealed opens with the same key and context', () => {
  expect(open(key, seal(key, 'پاس ورڈ <&>', 'camera 1'), 'camera 1')).toBe('پاس ورڈ <&>');
});

test('another key, another context, a changed byte or a short text does not open', () => {
  const sealed = seal(key, 'secret', 'camera 1');
  const flipped = Buffer.from(sealed);
  flipped[14] = (flipped[14] ?? 0) ^ 1;
  const attempts: [Buffer, Buffer, string][] = [
    [randomBytes(32), sealed, 'camera 1'],
    [key, sealed, 'camera 2'],
    [key, flipped, 'camera 1'],
    [key, sealed.subarray(0, 20), 'camera 1'],
  ];
  for (const [withKey, bytes, context] of attempts) {
    expect(() => open(withKey, bytes, context)).toThrow(Fault);
  }
});
