import { Fault } from '@nigehban/domain/faults.ts';
import { isPassable } from '../onvif/device-operations.ts';
import { type MediaService, mediaServices } from '../onvif/media-operations.ts';
import {
  createOsdText,
  getOsdTexts,
  setOsdText,
  videoSourceConfiguration,
} from '../onvif/setting-operations.ts';
import { holdItem, type PolicyItem, type PolicyRun } from './policy-items.ts';

/**
 * The text burnt into the picture: an existing plain text is changed, else one is made. Date and time
 * in the picture are left alone.
 */
export async function holdOsdText(run: PolicyRun, text: string): Promise<PolicyItem> {
  const { client, deadline } = run;
  let service: MediaService | undefined;
  const readTexts = async () => {
    if (service !== undefined) return await getOsdTexts(client, service, deadline);
    let fault: Fault | undefined;
    for (const candidate of mediaServices(client)) {
      try {
        const found = await getOsdTexts(client, candidate, deadline);
        service = candidate;
        return found;
      } catch (thrown) {
        if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
        fault ??= thrown;
      }
    }
    throw fault ?? new Fault('CAMERA_OPERATION_UNSUPPORTED', 'The camera has no media service');
  };
  return await holdItem(run, {
    item: 'osd',
    wanted: text,
    async read() {
      const { texts } = await readTexts();
      return texts.find((osd) => osd.text === text)?.text ?? texts[0]?.text ?? null;
    },
    async write() {
      const { texts, source } = await readTexts();
      const used = service ?? 'media';
      const [first] = texts;
      if (first !== undefined) return await setOsdText(client, used, first, text, deadline);
      const on = source ?? (await videoSourceConfiguration(client, used, deadline));
      await createOsdText(client, used, on, text, deadline);
    },
  });
}
