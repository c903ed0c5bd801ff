import type { StreamQuality } from '@nigehban/domain/camera.ts';
import type { EncoderPolicy } from '@nigehban/domain/camera-tools.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import { isPassable } from '../onvif/device-operations.ts';
import {
  type EncoderConfiguration,
  type EncoderOptions,
  type EncoderSetting,
  readEncoder,
  readEncoderOptions,
  writeEncoder,
} from '../onvif/encoder-operations.ts';
import { getProfiles, type MediaProfile, mediaServices } from '../onvif/media-operations.ts';
import { chooseStreams, mergeProfiles } from '../probe/choose-streams.ts';
import { type EncoderItem, fitEncoder, itemsOf, valueOfItem, wishOf } from './fit-encoder.ts';
import { failed, type PolicyItem, type PolicyRun } from './policy-items.ts';

/** The profiles that registration takes for main and sub, as the camera has them now. */
export async function chosenProfiles(
  run: Pick<PolicyRun, 'client' | 'deadline'>,
): Promise<ReadonlyMap<StreamQuality, MediaProfile>> {
  const lists: (readonly MediaProfile[])[] = [];
  let fault: Fault | undefined;
  for (const service of mediaServices(run.client)) {
    try {
      lists.push(await getProfiles(run.client, service, run.deadline));
    } catch (thrown) {
      if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
      fault ??= thrown;
    }
  }
  if (lists.length === 0 && fault !== undefined) throw fault;
  const chosen = chooseStreams(mergeProfiles(lists[0] ?? [], lists[1] ?? []));
  return new Map(chosen.map(({ quality, profile }) => [quality, profile]));
}

/**
 * Holds one encoder against its policy: all its items are set in one call, because encoders refuse
 * settings that do not go together, then read again. What the encoder cannot have is fitted to what
 * it can, and the item says both.
 */
export async function holdEncoder(
  run: PolicyRun,
  quality: StreamQuality,
  policy: EncoderPolicy,
  profile: MediaProfile | undefined,
): Promise<readonly PolicyItem[]> {
  const items = itemsOf(policy);
  const nameOf = (item: EncoderItem) => `${quality}.${item}`;
  if (profile === undefined) {
    const fault = toFaultMessage(
      new Fault('CAMERA_NO_PROFILE', `The camera has no profile for the ${quality} stream`),
    );
    return items.map((item) => {
      const wanted = wishOf(item, policy, unknownSetting);
      return { item: nameOf(item), wanted, found: null, outcome: 'unsupported', fault };
    });
  }
  const { client, deadline } = run;
  let before: EncoderConfiguration | undefined;
  try {
    before = await readEncoder(client, profile, deadline);
    const { setting } = before;
    const isWished = (item: EncoderItem) =>
      valueOfItem(item, setting) === wishOf(item, policy, setting);
    const options = items.every(isWished) ? [] : await optionsOf(run, before, profile.token);
    const target = fitEncoder(policy, setting, options);
    const wanted = (item: EncoderItem) => {
      const wish = wishOf(item, policy, setting);
      const best = valueOfItem(item, target);
      return best === null || best === wish ? wish : `${wish}, nearest possible ${best}`;
    };
    const differs = items.some((item) => valueOfItem(item, target) !== valueOfItem(item, setting));
    let after: EncoderSetting = setting;
    if (differs && run.correct) {
      await writeEncoder(client, before, target, deadline);
      after = (await readEncoder(client, profile, deadline)).setting;
    }
    return items.map((item) => {
      const found = valueOfItem(item, after);
      const isNear = found === valueOfItem(item, target);
      const wasNear = valueOfItem(item, setting) === valueOfItem(item, target);
      // An encoder that tells no rate cannot be proved to have it.
      const outcome =
        found === null ? 'unsupported' : !isNear ? 'differs' : wasNear ? 'as-wanted' : 'set';
      return { item: nameOf(item), wanted: wanted(item), found, outcome, fault: null };
    });
  } catch (thrown) {
    const setting = before?.setting ?? unknownSetting;
    return items.map((item) =>
      failed(
        run,
        {
          item: nameOf(item),
          wanted: wishOf(item, policy, setting),
          found: before === undefined ? null : valueOfItem(item, setting),
        },
        thrown,
      ),
    );
  }
}

/** A camera that does not tell what it can is asked for what is wanted, and says no itself. */
async function optionsOf(
  run: PolicyRun,
  encoder: EncoderConfiguration,
  profileToken: string,
): Promise<readonly EncoderOptions[]> {
  try {
    return await readEncoderOptions(run.client, encoder, profileToken, run.deadline);
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
    return [];
  }
}

const unknownSetting: EncoderSetting = {
  codec: 'other',
  widthPx: 0,
  heightPx: 0,
  frameRateFps: null,
  bitrateKbps: null,
  keyFrameEveryFrames: null,
};
