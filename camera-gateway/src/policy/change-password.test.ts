import { systemClock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { expect, test } from 'vitest';
import { startDeadline } from '../onvif/deadline.ts';
import { createOnvifClient } from '../onvif/onvif-client.ts';
import {
  type ScriptedReply,
  soap,
  soapFault,
  startScriptedCamera,
} from '../onvif/testing/scripted-camera.ts';
import { changePassword, type TryCredentials } from './change-password.ts';

const credentials = { username: 'admin', password: 'the old one' };
const renewed = 'the new one';

async function change(
  setUser: () => ScriptedReply,
  valid: () => string | null,
): Promise<{ outcome: string; tried: string[]; heldBack: boolean }> {
  let heldBack = false;
  const told = () => {
    // Before the camera hears of it, nobody else may offer the old one any more.
    expect(heldBack).toBe(true);
    return setUser();
  };
  await using camera = await startScriptedCamera((request) =>
    request.operation === 'SetUser'
      ? told()
      : soap(
          '<d:GetUsersResponse><d:User><x:Username>admin</x:Username><x:UserLevel>Operator</x:UserLevel></d:User></d:GetUsersResponse>',
        ),
  );
  const client = createOnvifClient({
    endpoint: { address: '127.0.0.1', onvifPort: camera.port },
    credentials,
    clock: systemClock,
    randomBytes: (size) => new Uint8Array(size),
    connectTimeoutMs: 500,
  });
  const tried: string[] = [];
  const tryCredentials: TryCredentials = async (_endpoint, given) => {
    tried.push(given.password);
    const now = valid();
    if (now === null) throw new Fault('CAMERA_UNREACHABLE', 'gone');
    if (given.password !== now) throw new Fault('CAMERA_AUTH_REFUSED', 'refused');
  };
  const deadline = startDeadline(systemClock, 500);
  const run = { client, deadline, correct: true };
  try {
    const { outcome } = await changePassword(run, credentials, renewed, {
      tryCredentials,
      suspend: () => {
        heldBack = true;
      },
      resume: () => {
        heldBack = false;
      },
    });
    const level = camera.seen.find((one) => one.operation === 'SetUser')?.body;
    expect(level).toContain('<tt:UserLevel>Operator</tt:UserLevel>');
    return { outcome, tried, heldBack };
  } catch (thrown) {
    return { outcome: thrown instanceof Fault ? thrown.code : String(thrown), tried, heldBack };
  }
}

const done = () => soap('<d:SetUserResponse/>');
/** The camera takes the request and the connection breaks before its answer. */
const lost = (): ScriptedReply => (response) => response.destroy();

test('the new password is proved once', async () => {
  expect(await change(done, () => renewed)).toEqual({
    outcome: 'set',
    tried: [renewed],
    heldBack: true,
  });
});

test('an answer that was lost is found out: by the new password, else by the old one', async () => {
  expect(await change(lost, () => renewed)).toEqual({
    outcome: 'set',
    tried: [renewed],
    heldBack: true,
  });
  expect(await change(lost, () => credentials.password)).toEqual({
    outcome: 'refused',
    tried: [renewed, credentials.password],
    heldBack: false,
  });
});

test('a camera that says yes and keeps the old password is found out', async () => {
  expect(await change(done, () => credentials.password)).toEqual({
    outcome: 'refused',
    tried: [renewed, credentials.password],
    heldBack: false,
  });
});

test('a refusal in words tries nothing', async () => {
  const weak = () => soapFault('Sender', 'PasswordTooWeak', 'too weak');
  expect(await change(weak, () => credentials.password)).toEqual({
    outcome: 'refused',
    tried: [],
    heldBack: false,
  });
});

test('a camera that is gone in between leaves both passwords possible, which is thrown', async () => {
  expect((await change(lost, () => null)).outcome).toBe('CAMERA_UNREACHABLE');
  expect((await change(done, () => null)).outcome).toBe('CAMERA_UNREACHABLE');
  expect((await change(lost, () => 'neither')).outcome).toMatch(/^CAMERA_/);
});
