import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { NewPassword } from '@nigehban/domain/api/user-types.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { callOnvif } from '../fleet/test-onvif-client.ts';
import { getJson, launchChromium, postJson, signIn } from './browser.ts';
import { type Constellation, password, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';

/**
 * A technician below a camera whose clock is wrong, with a phone; then the secrecy of the ballot: two
 * supervisors approve the view of a booth before an operator sees its picture.
 */
const clockOffsetMs = 47_000;
const phone = { width: 390, height: 844 } as const;

let fleet: Fleet;
let constellation: Constellation;
let browser: Browser;
let technician: Page;
let operator: Page;
let first: Page;
let entrance: CameraView;
let booth: CameraView;

beforeAll(async () => {
  fleet = await startFleet({ cameras: 3, scenes: 'tiny' });
  const wrong = fleet.plan.cameras.find(({ placement }) => placement === 'ENTRANCE');
  await setClockWrong(wrong?.id ?? '');
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 5,
    prepare: async () => ({ NIGEHBAN_VIEW_APPROVAL: 'required' }),
  });
  browser = await launchChromium();
  technician = await signIn(browser, constellation.url, 'technician');
  const cameras = await eventually(
    'all cameras are recorded',
    async () => {
      const all = await getJson<CameraView[]>(technician, '/api/cameras');
      return all.length === 3 && all.every((one) => one.registered && one.recording) && all;
    },
    60_000,
  );
  const at = (placement: CameraView['placement']): CameraView => {
    const found = cameras.find((one) => one.placement === placement);
    if (found === undefined) throw new Error(`no camera ${placement}`);
    return found;
  };
  entrance = at('ENTRANCE');
  booth = at('BOOTH');
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await constellation?.stop();
  await fleet?.stop();
});

test('the health table leads to the camera whose clock is off', async () => {
  await technician.goto(`${constellation.url}/health?status=drift`);
  const row = technician.getByTestId('health-row');
  await row.waitFor();
  expect(await row.getAttribute('data-camera-id')).toBe(String(entrance.id));
  await technician.setViewportSize(phone);
  await row.getByRole('link').click();
  await technician.waitForURL(`**/cameras/${entrance.id}`);
});

test('the technician sets the clock and sees its light turn green', async () => {
  const clock = technician.locator('[data-check=clock]');
  await clock.and(technician.locator('[data-tone=bad]')).waitFor();
  expect(await clock.textContent()).toMatch(/4[5-7]\.\d s\u2069? ahead/);
  const before = await getJson<CameraDetail>(technician, `/api/cameras/${entrance.id}`);
  expect(before.clockOffsetMs).toBeGreaterThan(clockOffsetMs - 3_000);
  await technician.getByTestId('tool-time').click();
  await technician.getByTestId('time-answer').waitFor();
  expect(await technician.getByTestId('time-answer').textContent()).toMatch(
    /4[5-7]\.\d\u2069? s off/,
  );
  await clock.and(technician.locator('[data-tone=ok]')).waitFor({ timeout: 30_000 });
  const after = await getJson<CameraDetail>(technician, `/api/cameras/${entrance.id}`);
  expect(Math.abs(after.clockOffsetMs ?? Number.NaN)).toBeLessThan(2_000);
  await technician.goto(`${constellation.url}/health?status=drift`);
  await technician.getByText('No camera matches').waitFor();
});

test('an operator sees no picture of a booth that nobody approved', async () => {
  operator = await signIn(browser, constellation.url, 'operator');
  const response = await operator.request.get(
    `${constellation.url}/api/cameras/${booth.id}/snapshot.jpg`,
  );
  expect(response.status()).toBe(403);
  await operator.goto(`${constellation.url}/wall/4?cams=${booth.id},${entrance.id}`);
  const hidden = operator.locator(`[data-testid=wall-tile][data-camera-id="${booth.id}"]`);
  await hidden.getByTestId('view-unapproved').waitFor();
  expect(await hidden.locator('video').count()).toBe(0);
  await operator
    .locator(`[data-testid=wall-tile][data-camera-id="${entrance.id}"][data-status=LIVE]`)
    .waitFor({ timeout: 30_000 });
});

test('the technician takes a reference picture; one supervisor cannot approve it twice', async () => {
  await technician.goto(`${constellation.url}/cameras/${booth.id}`);
  await technician.getByTestId('view-propose').click();
  await technician.getByTestId('view-panel').getByText('0 of 2 approvals').waitFor();
  first = await signIn(browser, constellation.url, 'supervisor');
  await first.goto(`${constellation.url}/approvals`);
  await first.getByTestId('approval-picture').waitFor();
  await eventually(
    'the picture is shown',
    () =>
      first.evaluate<boolean>(
        `document.querySelector('[data-testid=approval-picture]').naturalWidth > 100`,
      ),
    10_000,
  );
  expect(await first.getByTestId('approval').getAttribute('data-camera-id')).toBe(String(booth.id));
  await first.keyboard.press('a');
  await first.getByTestId('approval-same').waitFor();
  expect(await first.getByTestId('approval-approve').isDisabled()).toBe(true);
  await operator.locator(`[data-camera-id="${booth.id}"][data-unapproved=true]`).waitFor();
});

test('a second supervisor approves it, and the operator sees the picture', async () => {
  const administrator = await signIn(browser, constellation.url, 'administrator');
  const created = await postJson<NewPassword>(administrator, '/api/users', {
    username: 'nadia',
    displayName: 'Nadia Rehman',
    role: 'supervisor',
  });
  await chooseOwnPassword('nadia', created.password);
  const second = await signIn(browser, constellation.url, 'nadia');
  await second.goto(`${constellation.url}/approvals`);
  await second.getByTestId('approval-state').getByText('supervisor').waitFor();
  await eventually(
    'it can be approved',
    () => second.getByTestId('approval-approve').isEnabled(),
    10_000,
  );
  await second.keyboard.press('a');
  await second.getByText('Nothing waits for approval').waitFor();
  // Nobody reloads the operator's wall: the link tells it.
  await operator
    .locator(`[data-testid=wall-tile][data-camera-id="${booth.id}"][data-status=LIVE]`)
    .waitFor({ timeout: 30_000 });
});

/** As a person does with a one-time password at first sign-in. */
async function chooseOwnPassword(username: string, oneTime: string): Promise<void> {
  const { url } = constellation;
  const headers = { 'content-type': 'application/json', origin: url };
  const signedIn = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username, password: oneTime }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const changed = await fetch(`${url}/api/session/password`, {
    method: 'PUT',
    headers: { ...headers, cookie },
    body: JSON.stringify({ password: oneTime, newPassword: password }),
  });
  expect(changed.status, await changed.text()).toBe(200);
}

/** As whoever installed it did: set by hand, and wrong. */
async function setClockWrong(cameraId: string): Promise<void> {
  const at = new Date(Date.now() + clockOffsetMs);
  const { status, text } = await callOnvif(fleet.camera(cameraId), {
    service: 'tds',
    operation: 'SetSystemDateAndTime',
    content:
      '<DateTimeType>Manual</DateTimeType><DaylightSavings>false</DaylightSavings>' +
      '<UTCDateTime xmlns:tt="http://www.onvif.org/ver10/schema">' +
      `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute>` +
      `<tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>` +
      `<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month>` +
      `<tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></UTCDateTime>`,
  });
  expect(status, text).toBe(200);
}
