import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { Translator } from '../i18n/messages.ts';

/** What the camera looks at, in words: `Booth 2`, `Entrance`. */
export function placementName(
  camera: Pick<CameraView, 'placement' | 'booth'>,
  t: Translator['t'],
): string {
  if (camera.placement === 'BOOTH' && camera.booth !== null) {
    return t('placement.boothNumbered', { booth: camera.booth });
  }
  return t(`placement.${camera.placement}`);
}
