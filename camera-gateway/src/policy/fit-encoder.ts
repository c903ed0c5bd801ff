import type { EncoderPolicy } from '@nigehban/domain/camera-tools.ts';
import type { EncoderOptions, EncoderSetting, Range } from '../onvif/encoder-operations.ts';

/** Items of an encoder's policy, in the order in which people read them. */
export const encoderItems = [
  'codec',
  'resolution',
  'frame-rate',
  'bitrate',
  'key-frame-interval',
] as const;
export type EncoderItem = (typeof encoderItems)[number];

/**
 * The setting nearest to the policy that the camera can have: a codec that it has, the resolution of
 * the nearest area, rates within its ranges. What the policy leaves out stays as it is, as far as the
 * codec allows.
 */
export function fitEncoder(
  policy: EncoderPolicy,
  found: EncoderSetting,
  options: readonly EncoderOptions[],
): EncoderSetting {
  const codec = policy.codec ?? found.codec;
  const able = options.find((one) => one.codec === codec);
  // A codec that the camera does not have is not asked for: its other settings are worth keeping.
  const used = able ?? options.find((one) => one.codec === found.codec);
  const size = {
    widthPx: policy.widthPx ?? found.widthPx,
    heightPx: policy.heightPx ?? found.heightPx,
  };
  return {
    codec: able === undefined && options.length > 0 ? found.codec : codec,
    ...nearestSize(size, used?.resolutions ?? []),
    frameRateFps: fit(policy.frameRateFps ?? found.frameRateFps, used?.frameRates ?? null),
    bitrateKbps: fit(policy.bitrateKbps ?? found.bitrateKbps, used?.bitrateKbps ?? null),
    keyFrameEveryFrames: fit(
      policy.keyFrameEveryFrames ?? found.keyFrameEveryFrames,
      used?.keyFrameEveryFrames ?? null,
    ),
  };
}

/** Items that the policy names. */
export function itemsOf(policy: EncoderPolicy): readonly EncoderItem[] {
  const named: Readonly<Record<EncoderItem, unknown>> = {
    codec: policy.codec,
    resolution: policy.widthPx ?? policy.heightPx,
    'frame-rate': policy.frameRateFps,
    bitrate: policy.bitrateKbps,
    'key-frame-interval': policy.keyFrameEveryFrames,
  };
  return encoderItems.filter((item) => named[item] !== undefined);
}

/** An item's value as people read it; null when the camera does not tell it. */
export function valueOfItem(item: EncoderItem, setting: EncoderSetting): string | null {
  switch (item) {
    case 'codec':
      return setting.codec;
    case 'resolution':
      return `${setting.widthPx}x${setting.heightPx}`;
    case 'frame-rate':
      return setting.frameRateFps === null ? null : `${setting.frameRateFps} fps`;
    case 'bitrate':
      return setting.bitrateKbps === null ? null : `${setting.bitrateKbps} kbit/s`;
    case 'key-frame-interval':
      return setting.keyFrameEveryFrames === null ? null : `${setting.keyFrameEveryFrames} frames`;
  }
}

/** What the policy says of an item, before the camera's options are asked. */
export function wishOf(item: EncoderItem, policy: EncoderPolicy, found: EncoderSetting): string {
  const wish: EncoderSetting = {
    codec: policy.codec ?? found.codec,
    widthPx: policy.widthPx ?? found.widthPx,
    heightPx: policy.heightPx ?? found.heightPx,
    frameRateFps: policy.frameRateFps ?? null,
    bitrateKbps: policy.bitrateKbps ?? null,
    keyFrameEveryFrames: policy.keyFrameEveryFrames ?? null,
  };
  return valueOfItem(item, wish) ?? '';
}

function nearestSize(
  wanted: { readonly widthPx: number; readonly heightPx: number },
  available: readonly { readonly widthPx: number; readonly heightPx: number }[],
): { widthPx: number; heightPx: number } {
  const area = wanted.widthPx * wanted.heightPx;
  let best: { widthPx: number; heightPx: number } | null = null;
  for (const { widthPx, heightPx } of available) {
    if (widthPx === wanted.widthPx && heightPx === wanted.heightPx) return { widthPx, heightPx };
    const distance = Math.abs(widthPx * heightPx - area);
    if (best === null || distance < Math.abs(best.widthPx * best.heightPx - area)) {
      best = { widthPx, heightPx };
    }
  }
  return best ?? { widthPx: wanted.widthPx, heightPx: wanted.heightPx };
}

function fit(wanted: number | null, able: Range | readonly number[] | null): number | null {
  if (wanted === null || able === null) return wanted;
  if (!('min' in able)) {
    return able.reduce<number>(
      (best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best),
      able[0] ?? wanted,
    );
  }
  return Math.min(Math.max(wanted, able.min), able.max);
}
