import type { CameraPolicyReport, CameraToolMethods } from '@nigehban/domain/camera-tools.ts';
import { startDeadline } from '../onvif/deadline.ts';
import {
  discoverServices,
  getDeviceInformation,
  readClockOffset,
} from '../onvif/device-operations.ts';
import { createOnvifClient } from '../onvif/onvif-client.ts';
import {
  clockIsByNtp,
  getHostname,
  getNtp,
  setClockByNtp,
  setHostname,
  setNtp,
} from '../onvif/setting-operations.ts';
import type { CameraPorts } from '../probe/gateway-ports.ts';
import type { RefusedCredentials } from '../probe/refused-credentials.ts';
import { tryCredentials } from '../tools/try-credentials.ts';
import { changePassword } from './change-password.ts';
import { chosenProfiles, holdEncoder } from './encoder-items.ts';
import { holdOsdText } from './osd-item.ts';
import { failed, holdItem, type PolicyItem, type PolicyRun } from './policy-items.ts';

const policyTimeoutMs = 40_000;
const connectTimeoutMs = 4_000;

/**
 * Holds a camera against its policy and, when told to, corrects it: NTP and the clock's source, host
 * name, text in the picture, encoders, and last of all the password. Every item tells its outcome,
 * and what was set was read again. @throws Fault CAMERA_UNREACHABLE, CAMERA_TIMEOUT,
 * CAMERA_AUTH_REFUSED (one attempt) and what else concerns the camera as a whole.
 */
export async function applyPolicy(
  params: CameraToolMethods['gateway.apply-policy'][0],
  ports: Pick<CameraPorts, 'clock' | 'randomBytes' | 'signal'>,
  refused: RefusedCredentials,
): Promise<CameraPolicyReport> {
  const { endpoint, credentials, policy, correct } = params;
  const { clock, randomBytes } = ports;
  const deadline = startDeadline(clock, policyTimeoutMs, ports.signal);
  const client = createOnvifClient({ endpoint, credentials, clock, randomBytes, connectTimeoutMs });
  const run: PolicyRun = { client, deadline, correct };
  const items: PolicyItem[] = [];
  try {
    await readClockOffset(client, deadline);
    // Who is refused learns it by this one call, before anything is changed.
    await getDeviceInformation(client, deadline);
    await discoverServices(client, deadline);
    if (policy.ntpServer !== undefined) items.push(...(await holdNtp(run, policy.ntpServer)));
    if (policy.hostName !== undefined) items.push(await holdHostName(run, policy.hostName));
    if (policy.osdText !== undefined) items.push(await holdOsdText(run, policy.osdText));
    items.push(...(await holdEncoders(run, policy)));
    if (policy.newPassword !== undefined && credentials !== null) {
      const item = await changePassword(run, credentials, policy.newPassword, {
        tryCredentials: (at, tried) => tryCredentials({ endpoint: at, credentials: tried }, ports),
        // Events, pictures and checks go on meanwhile: a camera that they offer the old password
        // again and again locks everybody out.
        suspend: () => refused.add(endpoint, credentials),
        resume: () => refused.forget(endpoint, credentials),
      });
      items.push(item);
      if (item.outcome === 'set') return { items };
    }
    if (credentials !== null) refused.forget(endpoint, credentials);
    return { items };
  } catch (thrown) {
    if (credentials !== null && client.credentialsRefused()) refused.add(endpoint, credentials);
    throw thrown;
  }
}

async function holdNtp(run: PolicyRun, server: string): Promise<readonly PolicyItem[]> {
  const { client, deadline } = run;
  const ntp = await holdItem(run, {
    item: 'ntp',
    wanted: server,
    async read() {
      const { fromDhcp, servers } = await getNtp(client, deadline);
      if (fromDhcp) return 'by DHCP';
      return servers.length === 0 ? null : servers.join(', ');
    },
    write: () => setNtp(client, server, deadline),
  });
  // A server alone sets no clock: many cameras come with theirs set by hand.
  const source = await holdItem(run, {
    item: 'clock-source',
    wanted: 'NTP',
    read: async () => ((await clockIsByNtp(client, deadline)) ? 'NTP' : 'manual'),
    write: () => setClockByNtp(client, deadline),
  });
  return [ntp, source];
}

async function holdHostName(run: PolicyRun, name: string): Promise<PolicyItem> {
  const { client, deadline } = run;
  return await holdItem(run, {
    item: 'hostname',
    wanted: name,
    read: async () => (await getHostname(client, deadline)) || null,
    write: () => setHostname(client, name, deadline),
  });
}

async function holdEncoders(
  run: PolicyRun,
  policy: CameraToolMethods['gateway.apply-policy'][0]['policy'],
): Promise<readonly PolicyItem[]> {
  if (policy.main === undefined && policy.sub === undefined) return [];
  const items: PolicyItem[] = [];
  try {
    const profiles = await chosenProfiles(run);
    for (const quality of ['main', 'sub'] as const) {
      const wanted = policy[quality];
      if (wanted === undefined) continue;
      items.push(...(await holdEncoder(run, quality, wanted, profiles.get(quality))));
    }
  } catch (thrown) {
    items.push(failed(run, { item: 'encoders', wanted: '', found: null }, thrown));
  }
  return items;
}
