import type { CameraStream, StreamQuality } from '@nigehban/domain/camera.ts';
import type { MediaProfile } from '../onvif/media-operations.ts';

export interface ChosenProfile {
  readonly quality: StreamQuality;
  readonly codec: Exclude<CameraStream['codec'], 'JPEG'>;
  readonly profile: MediaProfile;
}

/** Narrower pictures than this hardly show a face or a ballot box. */
const minSubWidthPx = 320;

/**
 * Main: the largest H.264 or H.265 picture, by equal size the one with more frames. Sub: the
 * smallest other H.264 picture that is at least 320 wide, because browsers play H.264 everywhere;
 * when all are narrower, the largest of them.
 * Empty when no profile is recordable; main alone when there is no second.
 */
export function chooseStreams(profiles: readonly MediaProfile[]): readonly ChosenProfile[] {
  const usable = profiles.flatMap((profile) =>
    (profile.codec === 'H264' || profile.codec === 'H265') && areaOf(profile) > 0
      ? [{ profile, codec: profile.codec }]
      : [],
  );
  const main = usable.reduce<(typeof usable)[number] | undefined>(
    (best, candidate) =>
      best === undefined || isBetterMain(candidate.profile, best.profile) ? candidate : best,
    undefined,
  );
  if (main === undefined) return [];
  const sub = usable
    .filter(({ profile, codec }) => codec === 'H264' && profile.token !== main.profile.token)
    .reduce<(typeof usable)[number] | undefined>(
      (best, candidate) =>
        best === undefined || isBetterSub(candidate.profile, best.profile) ? candidate : best,
      undefined,
    );
  const chosen: ChosenProfile[] = [{ quality: 'main', ...main }];
  if (sub !== undefined) chosen.push({ quality: 'sub', ...sub });
  return chosen;
}

/**
 * Profiles of both media services as one list: by token, Media 2's word first, because Media 1
 * cannot name H.265 and tells something else of such a profile or leaves it out.
 */
export function mergeProfiles(
  media2: readonly MediaProfile[],
  media1: readonly MediaProfile[],
): readonly MediaProfile[] {
  const known = new Set(media2.map((profile) => profile.token));
  return [...media2, ...media1.filter((profile) => !known.has(profile.token))];
}

function isBetterMain(candidate: MediaProfile, best: MediaProfile): boolean {
  const difference = areaOf(candidate) - areaOf(best);
  if (difference !== 0) return difference > 0;
  return (candidate.frameRateFps ?? 0) > (best.frameRateFps ?? 0);
}

function isBetterSub(candidate: MediaProfile, best: MediaProfile): boolean {
  const isWide = candidate.widthPx >= minSubWidthPx;
  if (isWide !== best.widthPx >= minSubWidthPx) return isWide;
  const difference = areaOf(candidate) - areaOf(best);
  return isWide ? difference < 0 : difference > 0;
}

function areaOf(profile: MediaProfile): number {
  return profile.widthPx * profile.heightPx;
}
