import type { types } from 'mediasoup';

/**
 * The one H.264 flavour that is negotiated with browsers. Every browser offers constrained baseline
 * with packetization mode 1, few list Main or High, yet their decoders read the profile from the
 * SPS: what a camera really sends (baseline, Main or High) plays under this name.
 */
export const negotiatedH264 = {
  mimeType: 'video/H264',
  clockRate: 90_000,
  payloadType: 102,
  parameters: {
    'packetization-mode': 1,
    'level-asymmetry-allowed': 1,
    'profile-level-id': '42e01f',
  },
} as const;

/** Codecs of every router: H.264, and G.711 as cameras speak it. */
export function routerCodecs(): types.RouterRtpCodecCapability[] {
  return [
    {
      kind: 'video',
      mimeType: negotiatedH264.mimeType,
      clockRate: negotiatedH264.clockRate,
      preferredPayloadType: negotiatedH264.payloadType,
      parameters: { ...negotiatedH264.parameters },
    },
    { kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000, preferredPayloadType: 0 },
    { kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8000, preferredPayloadType: 8 },
  ];
}
