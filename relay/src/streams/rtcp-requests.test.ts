import { expect, test } from 'vitest';
import { asksForKeyFrame } from './rtcp-requests.ts';

const receiverReport = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]);
const pli = Buffer.from([0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
const fir = Buffer.from([0x84, 206, 0, 4, ...Array.from({ length: 16 }, () => 0)]);
const nack = Buffer.from([0x81, 205, 0, 3, ...Array.from({ length: 12 }, () => 0)]);

test.each([
  ['PLI', pli, true],
  ['FIR', fir, true],
  ['PLI after a receiver report', Buffer.concat([receiverReport, pli]), true],
  ['a receiver report', receiverReport, false],
  ['NACK', nack, false],
  ['nothing', Buffer.alloc(0), false],
  ['a torn packet', Buffer.from([0x80, 201, 0xff, 0xff, 1]), false],
])('%s asks for a key frame: %#', (_, rtcp, asks) => {
  expect(asksForKeyFrame(rtcp)).toBe(asks);
});
