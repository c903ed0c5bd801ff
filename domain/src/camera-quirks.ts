/**
 * In what a make of camera departs from ONVIF so that it has to be asked differently:
 * - `registered-port`: its XAddrs name a port on which nothing answers (the one inside its recorder);
 *   services are asked on the port it was registered with.
 * - `media2-only`: Media 1 is announced and answers wrongly; it is left out.
 * - `media1-only`: the same of Media 2.
 * - `no-snapshot`: GetSnapshotUri names a page that is not there; it is not asked.
 * - `no-synchronization-point`: the request is accepted and restarts the encoder; it is not asked.
 */
export const cameraQuirks = [
  'registered-port',
  'media2-only',
  'media1-only',
  'no-snapshot',
  'no-synchronization-point',
] as const;
export type CameraQuirk = (typeof cameraQuirks)[number];

export interface QuirkRule {
  /** Beginnings of what the camera says of itself, whatever the case; absent: any. */
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly quirks: readonly CameraQuirk[];
}

/**
 * What is known of makes. A rule is added here when a camera is met that needs it, with what was
 * seen; nothing in the gateway names a make.
 */
export const quirkRules: readonly QuirkRule[] = [
  // The boards behind many nameless cameras: ONVIF on 8899, and XAddrs that say 80 or 8000.
  { manufacturer: 'H264', quirks: ['registered-port', 'no-synchronization-point'] },
  { manufacturer: 'XM', quirks: ['registered-port', 'no-synchronization-point'] },
  { manufacturer: 'Xiongmai', quirks: ['registered-port', 'no-synchronization-point'] },
  // Consumer cameras without pictures over HTTP: the URI they name answers 404.
  { manufacturer: 'TP-Link', model: 'Tapo', quirks: ['no-snapshot'] },
  { manufacturer: 'tp-link', model: 'C', quirks: ['no-snapshot'] },
];

/** The quirks of a camera by its own words, of all rules that fit. */
export function quirksOf(
  camera: { readonly manufacturer: string; readonly model: string; readonly firmware: string },
  rules: readonly QuirkRule[] = quirkRules,
): ReadonlySet<CameraQuirk> {
  const fits = (told: string, wanted: string | undefined): boolean =>
    wanted === undefined || told.trim().toLowerCase().startsWith(wanted.toLowerCase());
  return new Set(
    rules
      .filter(
        (rule) =>
          fits(camera.manufacturer, rule.manufacturer) &&
          fits(camera.model, rule.model) &&
          fits(camera.firmware, rule.firmware),
      )
      .flatMap(({ quirks }) => quirks),
  );
}
