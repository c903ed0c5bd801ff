import type { CameraCredentials, CameraEndpoint, CameraStream } from '@nigehban/domain/camera.ts';
import { type CameraQuirk, quirksOf } from '@nigehban/domain/camera-quirks.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { CameraProbe } from '@nigehban/domain/link-messages.ts';
import type { Deadline } from '../onvif/deadline.ts';
import { startDeadline, withinDeadline } from '../onvif/deadline.ts';
import {
  discoverServices,
  getDeviceInformation,
  getNetworkInterfaces,
  isPassable,
  readClockOffset,
} from '../onvif/device-operations.ts';
import {
  getProfiles,
  getSnapshotUri,
  getStreamUri,
  type MediaProfile,
  mediaServices,
  setSynchronizationPoint,
} from '../onvif/media-operations.ts';
import { createOnvifClient, type OnvifClient } from '../onvif/onvif-client.ts';
import { pinServiceUrl, pinStreamUrl } from '../onvif/pinned-address.ts';
import { chooseStreams, mergeProfiles } from './choose-streams.ts';
import type { CameraPorts } from './gateway-ports.ts';
import { identityOf } from './identify-camera.ts';
import type { RefusedCredentials } from './refused-credentials.ts';

/** Below what the asker waits over the link, so that a hanging camera's verdict still arrives. */
const probeTimeoutMs = 15_000;
const connectTimeoutMs = 4_000;
/** A camera that leaves its first question unanswered for so long hangs: no use to ask the rest. */
const firstAnswerMs = 6_000;

/**
 * Everything that registration wants to know of a camera, with every call that was made. Calls
 * that a camera may lack are reported and passed over; a fault of a call that it needs is thrown,
 * with the operation in its details: CAMERA_UNREACHABLE, CAMERA_TIMEOUT, CAMERA_AUTH_REFUSED (after
 * one attempt, noted in `refused` for the checks to come), CAMERA_NO_PROFILE, CAMERA_STREAM_INVALID and the other CAMERA_… codes.
 */
export async function probeCamera(
  endpoint: CameraEndpoint,
  credentials: CameraCredentials | null,
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
  refused?: RefusedCredentials,
): Promise<CameraProbe> {
  const { clock, randomBytes } = ports;
  const deadline = startDeadline(clock, probeTimeoutMs, ports.signal);
  const client = createOnvifClient({
    endpoint,
    credentials,
    clock,
    randomBytes,
    connectTimeoutMs,
  });
  try {
    const first = withinDeadline(clock, deadline, firstAnswerMs);
    const probe = await askEverything(client, first, deadline);
    if (credentials !== null) refused?.forget(endpoint, credentials);
    return probe;
  } catch (thrown) {
    if (credentials !== null && client.credentialsRefused()) refused?.add(endpoint, credentials);
    throw nameOperation(thrown, client);
  }
}

async function askEverything(
  client: OnvifClient,
  first: Deadline,
  deadline: Deadline,
): Promise<CameraProbe> {
  const clockOffsetMs = (await attempt(() => readClockOffset(client, first), true)) ?? 0;
  const device = await getDeviceInformation(client, deadline);
  const quirks = quirksOf(device);
  if (quirks.has('registered-port')) client.keepToRegisteredPort();
  await discoverServices(client, deadline);
  const interfaces = (await attempt(() => getNetworkInterfaces(client, deadline))) ?? [];
  const profiles = await readProfiles(client, quirks, deadline);
  const chosen = chooseStreams(profiles);
  const main = chosen[0];
  if (main === undefined) {
    throw new Fault('CAMERA_NO_PROFILE', 'The camera has no H.264 or H.265 profile', {
      details: { profiles: profiles.length },
    });
  }
  const streams: CameraStream[] = [];
  for (const { quality, codec, profile } of chosen) {
    streams.push({
      quality,
      codec,
      profileToken: profile.token,
      url: pinStreamUrl(await getStreamUri(client, profile, deadline), client.endpoint),
      widthPx: profile.widthPx,
      heightPx: profile.heightPx,
      frameRateFps: profile.frameRateFps,
    });
  }
  const snapshot = await attempt(async () => {
    if (quirks.has('no-snapshot')) return false;
    pinServiceUrl(await getSnapshotUri(client, main.profile, deadline), client.endpoint);
    return true;
  });
  const synchronization = await attempt(async () => {
    if (quirks.has('no-synchronization-point')) return false;
    await setSynchronizationPoint(client, main.profile, deadline);
    return true;
  });
  return {
    identity: identityOf(device, interfaces),
    streams,
    hasSnapshot: snapshot === true,
    hasSynchronizationPoint: synchronization === true,
    hasEvents: client.hasService('events'),
    clockOffsetMs,
    calls: client.calls,
  };
}

async function readProfiles(
  client: OnvifClient,
  quirks: ReadonlySet<CameraQuirk>,
  deadline: Deadline,
): Promise<readonly MediaProfile[]> {
  const services = mediaServices(client).filter(
    (service) =>
      !(service === 'media' && quirks.has('media2-only')) &&
      !(service === 'media2' && quirks.has('media1-only')),
  );
  if (services.length === 0) {
    throw new Fault('CAMERA_NO_PROFILE', 'The camera has no media service');
  }
  const lists: (readonly MediaProfile[])[] = [];
  let worstFault: Fault | undefined;
  for (const service of services) {
    try {
      lists.push(await getProfiles(client, service, deadline));
    } catch (thrown) {
      if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
      // A service that is there and answers wrongly says more than one that is not there.
      if (worstFault === undefined || worstFault.code === 'CAMERA_OPERATION_UNSUPPORTED') {
        worstFault = thrown;
      }
    }
  }
  // A camera whose every media service fails is not a camera without profiles.
  if (lists.length === 0) throw worstFault;
  return mergeProfiles(lists[0] ?? [], lists[1] ?? []);
}

/** Runs what a camera may lack; undefined when it lacks it. `open`: also when it wants credentials. */
async function attempt<T>(run: () => Promise<T>, open = false): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const passed = isPassable(thrown) || thrown.code === 'CAMERA_AUTH_REFUSED';
    // A camera that tells its time with rubbish is still asked who it is only if it spoke SOAP.
    if (!passed || (open && thrown.code === 'CAMERA_ANSWER_INVALID')) throw thrown;
    return undefined;
  }
}

function nameOperation(thrown: unknown, client: OnvifClient): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  const last = client.calls.at(-1);
  return new Fault(thrown.code, thrown.message, {
    cause: thrown,
    details: {
      ...thrown.details,
      address: client.endpoint.address,
      operation: last?.operation ?? null,
      calls: client.calls.length,
    },
  });
}
