import type { ViewMeasures } from '@nigehban/domain/view-check.ts';
import { compareViews, prepareReference, type ReferenceView } from './compare-views.ts';
import { type DecodedPicture, decodePicture } from './decode-picture.ts';
import { readFingerprint, writeFingerprint } from './fingerprint.ts';
import { readFeatures, readLightness } from './view-features.ts';

/**
 * The reference of a fingerprint; null when its picture showed too little to compare with (a bare
 * wall). Throws REQUEST_INVALID for what is no fingerprint.
 */
export function openReference(fingerprint: string): ReferenceView | null {
  return prepareReference(readFingerprint(fingerprint));
}

/** Fingerprint of a picture that becomes the reference. Throws as {@link decodePicture}. */
export async function fingerprintJpeg(
  jpeg: Uint8Array,
): Promise<{ fingerprint: string; widthPx: number; heightPx: number }> {
  const { widthPx, heightPx, grey } = await decodePicture(jpeg);
  return { fingerprint: writeFingerprint(readFeatures(grey)), widthPx, heightPx };
}

/** A picture's measures, and its edges for the measures of the next. */
export interface MeasuredPicture {
  readonly measures: ViewMeasures;
  readonly edges: Uint8Array | null;
}

/** Decodes and measures one picture. Throws as {@link decodePicture}. */
export async function measureJpeg(
  jpeg: Uint8Array,
  reference: ReferenceView | null,
  before: Uint8Array | null,
): Promise<MeasuredPicture> {
  return measurePicture(await decodePicture(jpeg), reference, before);
}

export function measurePicture(
  picture: DecodedPicture,
  reference: ReferenceView | null,
  before: Uint8Array | null,
): MeasuredPicture {
  const lightness = readLightness(picture.grey);
  const features = reference === null ? null : readFeatures(picture.grey);
  return {
    edges: features?.edges ?? null,
    measures: {
      pictureHash: picture.hash,
      lightnessMean: lightness.mean,
      lightnessHigh: lightness.high,
      saturatedShare: lightness.saturatedShare,
      against:
        reference === null || features === null ? null : compareViews(reference, features, before),
    },
  };
}
