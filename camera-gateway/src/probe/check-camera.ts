import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethods } from '@nigehban/domain/link-messages.ts';
import { MediaError, type MediaErrorCode } from '@nigehban/media/media-error.ts';
import { type Deadline, startDeadline, withinDeadline } from '../onvif/deadline.ts';
import { getDeviceInformation, readClockOffset } from '../onvif/device-operations.ts';
import { createOnvifClient } from '../onvif/onvif-client.ts';
import { sameHost, streamAuthority } from '../onvif/pinned-address.ts';
import type { CameraPorts } from './gateway-ports.ts';
import type { RefusedCredentials } from './refused-credentials.ts';

export type CheckParams = LinkMethods['gateway.check'][0];

/** The whole check, whatever the camera does. */
export const checkTimeoutMs = 6_000;
const connectTimeoutMs = 3_000;
/** A camera that has not told its time by then is not going to: the verdict need not wait longer. */
const firstAnswerMs = 4_000;

/**
 * A quick verdict in this order: does the network lead to it (unauthenticated time), does it know
 * our credentials and is it the camera that it should be (GetDeviceInformation), does it describe
 * its stream (RTSP). Ends within 6 s. Throws only GATEWAY_UNAVAILABLE: a fault of our own machine
 * is no verdict on a camera.
 */
export async function checkCamera(
  params: CheckParams,
  ports: CameraPorts,
  refusedBefore: RefusedCredentials,
): Promise<ProbeOutcome> {
  const deadline = startDeadline(ports.clock, checkTimeoutMs, ports.signal);
  try {
    const ofDevice = await checkDevice(params, ports, refusedBefore, deadline);
    return ofDevice.kind === 'answers'
      ? await checkStream(params, ports, refusedBefore, deadline)
      : ofDevice;
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !thrown.code.startsWith('CAMERA_')) throw thrown;
    return outcomeOf(thrown);
  }
}

async function checkDevice(
  params: CheckParams,
  ports: CameraPorts,
  refusedBefore: RefusedCredentials,
  deadline: Deadline,
): Promise<ProbeOutcome> {
  const { endpoint, credentials } = params;
  const client = createOnvifClient({
    endpoint,
    credentials,
    clock: ports.clock,
    randomBytes: ports.randomBytes,
    connectTimeoutMs,
  });
  try {
    await readClockOffset(client, withinDeadline(ports.clock, deadline, firstAnswerMs));
  } catch (thrown) {
    // A camera that keeps even its time behind the sign-in has answered all the same.
    if (!(thrown instanceof Fault) || !answeredSoap(thrown)) throw thrown;
  }
  if (credentials !== null && refusedBefore.has(endpoint, credentials)) {
    return {
      kind: 'refused',
      fault: 'CAMERA_AUTH_REFUSED',
      evidence: 'The camera refused this user name and password before; not tried again yet',
    };
  }
  try {
    const { serial } = await getDeviceInformation(client, deadline);
    if (credentials !== null) refusedBefore.forget(endpoint, credentials);
    if (params.serial !== null && serial !== null && !sameSerial(serial, params.serial)) {
      return {
        kind: 'failed',
        fault: 'CAMERA_IDENTITY_MISMATCH',
        evidence: `Serial ${serial} answers where ${params.serial} is registered`,
      };
    }
    return { kind: 'answers' };
  } catch (thrown) {
    if (credentials !== null && client.credentialsRefused()) {
      refusedBefore.add(endpoint, credentials);
    }
    throw thrown;
  }
}

async function checkStream(
  params: CheckParams,
  ports: CameraPorts,
  refusedBefore: RefusedCredentials,
  deadline: Deadline,
): Promise<ProbeOutcome> {
  const { streamUrl, endpoint, credentials } = params;
  if (streamUrl === null) return { kind: 'answers' };
  const authority = streamAuthority(streamUrl);
  if (authority === null || !sameHost(authority.host, endpoint.address)) {
    return {
      kind: 'failed',
      fault: 'CAMERA_ADDRESS_REFUSED',
      evidence: "The stream's URL is not on the camera's registered address",
    };
  }
  // Some cameras have users of their own for RTSP, and lock them out like the others.
  const door = { address: endpoint.address, onvifPort: authority.port };
  if (credentials !== null && refusedBefore.has(door, credentials)) {
    return {
      kind: 'refused',
      fault: 'CAMERA_AUTH_REFUSED',
      evidence: `RTSP port ${authority.port}: refused before; not tried again yet`,
    };
  }
  const remainingMs = deadline.remainingMs();
  if (remainingMs <= 0) {
    return { kind: 'failed', fault: 'CAMERA_TIMEOUT', evidence: 'ONVIF took all of the time' };
  }
  try {
    await unlessStopped(ports.describeStream(streamUrl, credentials, remainingMs), ports.signal);
    return { kind: 'answers' };
  } catch (thrown) {
    if (!(thrown instanceof MediaError)) throw thrown;
    if (thrown.code === 'AUTH_REFUSED' && credentials !== null) {
      refusedBefore.add(door, credentials);
    }
    return outcomeOfStream(thrown, `RTSP port ${authority.port}`);
  }
}

/** The work, or GATEWAY_UNAVAILABLE as soon as the gateway stops. */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const stopped = Promise.withResolvers<never>();
  const stop = (): void =>
    stopped.reject(new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping'));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function outcomeOf(fault: Fault): ProbeOutcome {
  const { code, message: evidence } = fault;
  if (code === 'CAMERA_UNREACHABLE') return { kind: 'unreachable', fault: code, evidence };
  if (code === 'CAMERA_AUTH_REFUSED') return { kind: 'refused', fault: code, evidence };
  return { kind: 'failed', fault: code, evidence };
}

/** ONVIF answered before, so whatever RTSP does is the camera's own doing. */
function outcomeOfStream(error: MediaError, where: string): ProbeOutcome {
  if (error.code === 'AUTH_REFUSED') {
    return {
      kind: 'refused',
      fault: 'CAMERA_AUTH_REFUSED',
      evidence: `${where}: user name or password refused`,
    };
  }
  const evidence =
    error.statusCode === undefined
      ? `${where}: ${streamWords[error.code] ?? 'answers wrongly'}`
      : `${where}: RTSP status ${error.statusCode}`;
  if (error.code === 'SESSIONS_EXHAUSTED' || error.statusCode === 453) {
    return { kind: 'failed', fault: 'CAMERA_SESSIONS_EXHAUSTED', evidence };
  }
  if (error.code === 'RESPONSE_TIMEOUT')
    return { kind: 'failed', fault: 'CAMERA_TIMEOUT', evidence };
  if (error.code === 'CODEC_UNSUPPORTED') {
    return { kind: 'failed', fault: 'CAMERA_CODEC_UNSUPPORTED', evidence };
  }
  if (error.code === 'REDIRECT_REFUSED') {
    return { kind: 'failed', fault: 'CAMERA_ADDRESS_REFUSED', evidence };
  }
  return { kind: 'failed', fault: 'CAMERA_STREAM_INVALID', evidence };
}

const streamWords: Partial<Record<MediaErrorCode, string>> = {
  CONNECT_REFUSED: 'connection refused',
  CONNECT_TIMEOUT: 'no connection in time',
  CONNECT_FAILED: 'no connection',
  CONNECTION_LOST: 'closed the connection',
  RESPONSE_TIMEOUT: 'did not answer in time',
  REDIRECT_REFUSED: 'redirects to an address not its own',
  SDP_INVALID: 'describes the stream wrongly',
  CODEC_UNSUPPORTED: 'neither H.264 nor H.265',
  NOT_FOUND: 'has no such stream',
};

function answeredSoap(fault: Fault): boolean {
  return (
    fault.code === 'CAMERA_AUTH_REFUSED' ||
    fault.code === 'CAMERA_FAULT' ||
    fault.code === 'CAMERA_OPERATION_UNSUPPORTED'
  );
}

function sameSerial(one: string, other: string): boolean {
  return one.trim().toUpperCase() === other.trim().toUpperCase();
}
