import { Fault } from '@nigehban/domain/faults.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  readCameraId,
  readDtlsParameters,
  readFields,
  readId,
  readQuality,
  readRtpCapabilities,
} from './browser-parameters.ts';

const sha256 = Array.from({ length: 32 }, () => 'ab').join(':');

test('reads what a browser sends, and nothing beside it', () => {
  const given = {
    role: 'client',
    extra: 1,
    fingerprints: [{ algorithm: 'sha-256', value: sha256, extra: 2 }],
  };
  expect(readDtlsParameters(given)).toEqual({
    role: 'client',
    fingerprints: [{ algorithm: 'sha-256', value: sha256.toUpperCase() }],
  });
});

test.each([
  ['no object', null],
  ['no fingerprint', { fingerprints: [] }],
  ['an unknown role', { role: 'boss', fingerprints: [{ algorithm: 'sha-256', value: sha256 }] }],
  ['an unknown digest', { fingerprints: [{ algorithm: 'md5', value: 'ab' }] }],
  ['a name of Object', { fingerprints: [{ algorithm: 'constructor', value: sha256 }] }],
  ['a short digest', { fingerprints: [{ algorithm: 'sha-256', value: 'ab:cd' }] }],
  ['no hex', { fingerprints: [{ algorithm: 'sha-256', value: sha256.replaceAll('a', 'x') }] }],
  ['too many', { fingerprints: Array(9).fill({ algorithm: 'sha-256', value: sha256 }) }],
])('DTLS parameters with %s are refused', (_, value) => {
  expect(() => readDtlsParameters(value)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});

test('whatever comes is read or refused by code', () => {
  const readers = [
    (value: unknown) => readDtlsParameters(value),
    (value: unknown) => readRtpCapabilities(value),
    (value: unknown) => readId(readFields(value, 'params'), 'viewerId'),
    (value: unknown) => readCameraId(readFields(value, 'params')),
    (value: unknown) => readQuality(readFields(value, 'params')),
  ];
  fc.assert(
    fc.property(fc.anything(), fc.constantFrom(...readers), (value, read) => {
      try {
        read(value);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }),
  );
});
