import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import { isPassable } from '../onvif/device-operations.ts';
import { setUserPassword, userLevel } from '../onvif/setting-operations.ts';
import { failed, type PolicyItem, type PolicyRun } from './policy-items.ts';

/** One attempt with credentials on a connection of its own. @throws Fault CAMERA_… */
export type TryCredentials = (
  endpoint: CameraEndpoint,
  credentials: CameraCredentials,
) => Promise<void>;

export interface PasswordPorts {
  readonly tryCredentials: TryCredentials;
  /** From now on nobody else offers the old password. */
  readonly suspend: () => void;
  /** The old password is valid, or may be. */
  readonly resume: () => void;
}

const item = 'password';
const wanted = 'the new password';

/**
 * Changes the password of the account that is used, and proves it by one sign-in with the new one.
 * Whatever happens in between, the outcome says which password is valid: `set` and `as-wanted` the
 * new one, `refused` and `unsupported` the old one. What cannot be told is thrown, so that the caller
 * keeps both.
 */
export async function changePassword(
  run: PolicyRun,
  credentials: CameraCredentials,
  newPassword: string,
  ports: PasswordPorts,
): Promise<PolicyItem> {
  const { client, deadline } = run;
  const { tryCredentials } = ports;
  const renewed = { username: credentials.username, password: newPassword };
  if (credentials.password === newPassword) {
    return { item, wanted, found: wanted, outcome: 'as-wanted', fault: null };
  }
  if (!run.correct) return { item, wanted, found: 'another one', outcome: 'differs', fault: null };
  let fault: Fault;
  let told = false;
  try {
    const level = await levelOf(run, credentials.username);
    ports.suspend();
    await setUserPassword(client, { ...renewed, level }, deadline);
    told = true;
    await tryCredentials(client.endpoint, renewed);
    return { item, wanted, found: wanted, outcome: 'set', fault: null };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    fault = thrown;
  }
  // The camera refused it in its own words: nothing changed.
  const said = fault.details.operation === 'SetUser' && fault.details.subcode !== undefined;
  if (said) {
    ports.resume();
    return failed(run, { item, wanted, found: 'another one' }, fault);
  }
  // The answer was lost, or the proof failed: only the camera knows which one is valid.
  // Whoever comes next may try the old one, once.
  ports.resume();
  const refusedNew = told && fault.code === 'CAMERA_AUTH_REFUSED';
  if (!refusedNew && (await accepts(tryCredentials, client.endpoint, renewed))) {
    ports.suspend();
    return { item, wanted, found: wanted, outcome: 'set', fault: null };
  }
  if (await accepts(tryCredentials, client.endpoint, credentials)) {
    const message = toFaultMessage(fault);
    return { item, wanted, found: 'another one', outcome: 'refused', fault: message };
  }
  throw fault;
}

/** @throws Fault when the camera does not say yes or no. */
async function accepts(
  tryCredentials: TryCredentials,
  endpoint: CameraEndpoint,
  credentials: CameraCredentials,
): Promise<boolean> {
  try {
    await tryCredentials(endpoint, credentials);
    return true;
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'CAMERA_AUTH_REFUSED') return false;
    throw thrown;
  }
}

/** SetUser states the level anew: it must stay what it was. */
async function levelOf(run: PolicyRun, username: string): Promise<string> {
  try {
    return (await userLevel(run.client, username, run.deadline)) ?? 'Administrator';
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
    return 'Administrator';
  }
}
