import { createCipheriv, randomBytes } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import { expect, test } from 'vitest';
import { isSealedWithCurrent, open, seal } from './sealed-box.ts';

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

test('a ring opens what its former keys sealed and seals with the current one', () => {
  const [first, second, strange] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const ring = { current: second, old: [first] };
  const before = seal(first, 'secret', 'camera A');
  expect(open(ring, before, 'camera A')).toBe('secret');
  expect(isSealedWithCurrent(ring, before)).toBe(false);
  const after = seal(ring, 'secret', 'camera A');
  expect(isSealedWithCurrent(ring, after)).toBe(true);
  expect(open(second, after, 'camera A')).toBe('secret');
  expect(() => open(first, after, 'camera A')).toThrow(Fault);
  expect(() => open(ring, seal(strange, 'secret', 'camera A'), 'camera A')).toThrow(Fault);
});

test('what was sealed before there were key ids still opens', () => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from('camera A'));
  const text = Buffer.concat([cipher.update('secret', 'utf8'), cipher.final()]);
  const former = Buffer.concat([Buffer.from([1]), nonce, text, cipher.getAuthTag()]);
  expect(open({ current: randomBytes(32), old: [key] }, former, 'camera A')).toBe('secret');
  expect(isSealedWithCurrent(key, former)).toBe(false);
  expect(() => open(key, former, 'camera B')).toThrow(Fault);
});
