import type { StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { types } from 'mediasoup';

type Fields = Readonly<Record<string, unknown>>;

const digestBytes: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
const largestIdLength = 100;
const mostFingerprints = 8;
const mostCodecs = 200;

function invalid(field: string): Fault {
  return new Fault('REQUEST_INVALID', `${field} is not valid`, { details: { field } });
}

/** The parameters of a call as named fields. Throws REQUEST_INVALID. */
export function readFields(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field);
  return value as Fields;
}

/** An id of ours (viewer, transport, consumer). Throws REQUEST_INVALID. */
export function readId(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || value === '' || value.length > largestIdLength) {
    throw invalid(field);
  }
  return value;
}

/** Throws REQUEST_INVALID. */
export function readCameraId(fields: Fields): number {
  const value = fields.cameraId;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw invalid('cameraId');
  }
  return value;
}

/** Throws REQUEST_INVALID. */
export function readQuality(fields: Fields): StreamQuality {
  const value = fields.quality;
  if (value !== 'main' && value !== 'sub') throw invalid('quality');
  return value;
}

/** A browser's DTLS parameters (RFC 8122 fingerprints), copied field by field. Throws REQUEST_INVALID. */
export function readDtlsParameters(value: unknown): types.DtlsParameters {
  const fields = readFields(value, 'dtlsParameters');
  const { role } = fields;
  if (role !== undefined && role !== 'auto' && role !== 'client' && role !== 'server') {
    throw invalid('dtlsParameters.role');
  }
  const list = fields.fingerprints;
  if (!Array.isArray(list) || list.length === 0 || list.length > mostFingerprints) {
    throw invalid('dtlsParameters.fingerprints');
  }
  const fingerprints = list.map((entry: unknown) => {
    const { algorithm, value: digest } = readFields(entry, 'dtlsParameters.fingerprints');
    const bytes =
      typeof algorithm === 'string' && Object.hasOwn(digestBytes, algorithm)
        ? digestBytes[algorithm]
        : undefined;
    if (bytes === undefined || typeof digest !== 'string' || digest.length !== bytes * 3 - 1) {
      throw invalid('dtlsParameters.fingerprints');
    }
    if (!/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$/.test(digest)) {
      throw invalid('dtlsParameters.fingerprints');
    }
    return { algorithm: algorithm as types.FingerprintAlgorithm, value: digest.toUpperCase() };
  });
  return role === undefined ? { fingerprints } : { role, fingerprints };
}

/**
 * A browser's RTP capabilities, bounded in size; mediasoup checks the rest when they are used, on a
 * copy. Throws REQUEST_INVALID.
 */
export function readRtpCapabilities(value: unknown): types.RtpCapabilities {
  const fields = readFields(value, 'rtpCapabilities');
  const { codecs, headerExtensions } = fields;
  if (!Array.isArray(codecs) || codecs.length === 0 || codecs.length > mostCodecs) {
    throw invalid('rtpCapabilities.codecs');
  }
  if (
    headerExtensions !== undefined &&
    (!Array.isArray(headerExtensions) || headerExtensions.length > mostCodecs)
  ) {
    throw invalid('rtpCapabilities.headerExtensions');
  }
  try {
    return structuredClone({ codecs, headerExtensions: headerExtensions ?? [] });
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', 'rtpCapabilities is not valid', { cause });
  }
}
