import { Fault } from '@nigehban/domain/faults.ts';
import { columns, rows } from './grey-picture.ts';
import { directions, lightColumns, lightRows, type ViewFeatures } from './view-features.ts';

/** Changes when features of before cannot be compared with those of now. */
const version = 'v1';
const edgeBytes = (columns * rows) / 2;
const lightBytes = lightColumns * lightRows;
const textPattern = /^v1\.[A-Za-z0-9_-]{1,2000}$/;

/** A picture's features as some 1,060 characters: two cells a byte, areas, detail, sharpness. */
export function writeFingerprint(features: ViewFeatures): string {
  const bytes = new Uint8Array(edgeBytes + lightBytes + 2);
  for (let pair = 0; pair < edgeBytes; pair += 1) {
    bytes[pair] = ((features.edges[2 * pair] ?? 0) << 4) | (features.edges[2 * pair + 1] ?? 0);
  }
  bytes.set(features.lights, edgeBytes);
  bytes[edgeBytes + lightBytes] = Math.round(features.detail * 255);
  bytes[edgeBytes + lightBytes + 1] =
    features.sharpness === null ? 0 : Math.max(1, Math.round(features.sharpness * 255));
  return `${version}.${Buffer.from(bytes).toString('base64url')}`;
}

/** Throws REQUEST_INVALID for what {@link writeFingerprint} did not make. */
export function readFingerprint(text: string): ViewFeatures {
  const bytes = textPattern.test(text)
    ? Buffer.from(text.slice(version.length + 1), 'base64url')
    : Buffer.alloc(0);
  if (bytes.length !== edgeBytes + lightBytes + 2) throw unreadable();
  const edges = new Uint8Array(columns * rows);
  for (let pair = 0; pair < edgeBytes; pair += 1) {
    edges[2 * pair] = (bytes[pair] ?? 0) >> 4;
    edges[2 * pair + 1] = (bytes[pair] ?? 0) & 0x0f;
  }
  if (edges.some((direction) => direction > directions)) throw unreadable();
  const sharpness = bytes[edgeBytes + lightBytes + 1] ?? 0;
  return {
    edges,
    lights: Uint8Array.from(bytes.subarray(edgeBytes, edgeBytes + lightBytes)),
    detail: (bytes[edgeBytes + lightBytes] ?? 0) / 255,
    sharpness: sharpness === 0 ? null : sharpness / 255,
  };
}

function unreadable(): Fault {
  return new Fault('REQUEST_INVALID', 'The fingerprint of the reference picture cannot be read');
}
