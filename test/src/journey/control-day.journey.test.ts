import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { AlertDetail, ExpectedDarkView } from '@nigehban/domain/api/alert-types.ts';
import type { PhasesView } from '@nigehban/domain/api/election-types.ts';
import type { AlertView, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import type {
  AlertReport,
  AvailabilityReport,
  CauseReport,
} from '@nigehban/domain/api/report-types.ts';
import type { Timeline } from '@nigehban/domain/footage.ts';
import { parseCsv } from '@nigehban/server/plan/parse-csv.ts';
import { openDatabase } from '@nigehban/server/store/database.ts';
import { countReportDays } from '@nigehban/server/use-cases/build-report-days.ts';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPlanCsv } from '../../../bin/exercise/plan-csv.ts';
import { exercisePlan } from '../fleet/exercise-plan.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { type ApiSession, openSession } from './api-session.ts';
import { launchChromium, signIn } from './browser.ts';
import { type Constellation, startConstellation } from './constellation.ts';
import { eventually } from './eventually.ts';
import { embeddedDatabaseUrl } from './postgres-of.ts';

/**
 * A day of the control room: Multan votes in a by-election while the province rehearses; load-shedding is announced for
 * one feeder; a station on it and a station elsewhere go dark and return; the report tells what
 * happened, no more and no less; and all that was set stands after a restart.
 */
const minuteMs = 60_000;
const feeder = 'LESCO F-12';
const byElection = 'By-election NA-149';
const codes = {
  announced: 'GE24-NA117-PS042',
  struck: 'GE24-NA149-PS066',
  calm: 'GE24-NA55-PS017',
};
const shots = process.env.CONTROL_SHOTS;

let fleet: Fleet;
let constellation: Constellation;
let browser: Browser;
let admin: ApiSession;
let supervisorApi: ApiSession;
let supervisor: Page;
let cameras: readonly CameraView[] = [];
/** What the test itself did, by its own clock. */
const truth = { cutMs: 0, acknowledgedMs: 0, backMs: 0, closedMs: 0, untilMs: 0 };

/** What reached each district's webhook: subjects and texts. */
const told: Record<string, string[]> = { LHR: [], MUL: [] };
const hook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { subject, text } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    told[request.url?.slice(1) ?? '']?.push(`${subject}\n${text}`);
    response.end();
  });
});

/** The first camera of three stations of three districts, on addresses of this run's own. */
function planOfThree() {
  const part = () => 1 + Math.floor(Math.random() * 250);
  const plan = exercisePlan({
    baseAddress: `127.${20 + Math.floor(Math.random() * 230)}.${part()}.1`,
    httpPort: 8000,
    rtspPort: 8554,
  });
  const stations = plan.stations.filter(({ id }) => Object.values(codes).includes(id));
  const ofThese = plan.cameras.filter(
    ({ stationId, placement }) =>
      placement === 'ENTRANCE' && stations.some(({ id }) => id === stationId),
  );
  return { stations, cameras: ofThese };
}

beforeAll(async () => {
  fleet = await startFleet({ cameras: planOfThree(), scenes: 'tiny' });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  constellation = await startConstellation({
    form: 'one process',
    planCsv: buildPlanCsv(fleet.plan),
    segmentSeconds: 3,
  });
  [browser, admin, supervisorApi] = await Promise.all([
    launchChromium(),
    openSession(constellation.url, 'administrator'),
    openSession(constellation.url, 'supervisor'),
  ]);
  // What the plan does not say: the feeder; and who is told in each of two districts.
  await admin.send('PATCH', `/api/stations/${codes.announced}/supply`, { feeder });
  for (const districtCode of Object.keys(told)) {
    const body: RecipientBody = {
      ...{ name: districtCode, channel: 'webhook', language: 'en', level: 'district' },
      target: { kind: 'webhook', url: `${hookUrl()}/${districtCode}`, secret: 'a-shared-secret' },
      ...{ districtCode, division: null, minSeverity: 'info', quiet: null, shifts: [] },
      ...{ limitMessages: 100, limitWindowMs: minuteMs, enabled: true },
    };
    await admin.send('POST', '/api/notices/recipients', body);
  }
  cameras = await eventually(
    'all cameras are recorded',
    async () => {
      const all = await supervisorApi.get<CameraView[]>('/api/cameras');
      return all.length === 3 && all.every((one) => one.state === 'ONLINE' && one.recording) && all;
    },
    60_000,
  );
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await constellation?.stop();
  await fleet?.stop();
  hook.close();
  hook.closeAllConnections();
});

const hookUrl = () => `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;

function cameraOf(code: string): CameraView {
  const found = cameras.find((one) => one.stationCode === code);
  if (found === undefined) throw new Error(`no camera at ${code}`);
  return found;
}

/** As it is typed into a field of date and time: Pakistan's time, to the minute. */
const typed = (ms: number) => new Date(ms + 5 * 60 * minuteMs).toISOString().slice(0, 16);

/** Pictures of a page to be looked at by people, when they are asked for. */
async function shoot(page: Page, name: string): Promise<void> {
  if (shots !== undefined)
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

test('an administrator sets the province its clock and adds a by-election in one district', async () => {
  const page = await signIn(browser, constellation.url, 'administrator');
  await page.goto(`${constellation.url}/phases`);
  const nowMs = Date.now();
  const setPhase = async (election: Locator, phase: string, startsAt: number) => {
    await election.getByRole('button', { name: 'Add phase' }).click();
    await election.getByLabel('Phase', { exact: true }).selectOption({ label: phase });
    await election.getByLabel('Begins at').fill(typed(startsAt));
    await election.getByTestId('election-save').click();
  };
  const general = page.getByTestId('election').filter({ hasText: 'General election' });
  await setPhase(general, 'Mock drill', nowMs - 120 * minuteMs);
  await page.getByRole('row', { name: 'Lahore' }).getByText('General election').waitFor();
  await page.getByTestId('election-add').click();
  const added = page.getByTestId('election').filter({ hasText: 'New election' });
  await added.locator('[name="election-name"]').fill(byElection);
  await added.getByLabel('Add district').selectOption({ label: 'Multan' });
  await setPhase(added, 'Polling', nowMs - 60 * minuteMs);
  const multan = page.getByRole('row', { name: 'Multan' });
  await multan.getByText(byElection).waitFor();
  await multan.getByText('Polling').waitFor();
  await page.getByRole('row', { name: 'Lahore' }).getByText('Mock drill').waitFor();
  await shoot(page, 'phases');
  expect(await votingDistricts()).toEqual(['MUL']);
  expect(await supervisorApi.status('DELETE', '/api/elections/1?version=2')).toBe(403);
  await page.context().close();
});

/** Districts that stand in a poll, as the API has it. */
async function votingDistricts(): Promise<string[]> {
  const { districts } = await admin.get<PhasesView>('/api/phases');
  return districts.filter(({ phase }) => phase === 'poll').map((one) => one.districtCode);
}

test('a supervisor announces load-shedding on one feeder', async () => {
  supervisor = await signIn(browser, constellation.url, 'supervisor');
  await supervisor.goto(`${constellation.url}/expected-dark`);
  await supervisor.getByTestId('expected-add').click();
  const form = supervisor.getByTestId('expected-form');
  await form.getByLabel('Where').selectOption('feeder');
  await form.locator('input[list]').fill(feeder);
  await form.getByLabel('Reason or reference').fill('LESCO notice 77');
  await shoot(supervisor, 'expected-form');
  await supervisor.getByTestId('expected-save').click();
  const row = supervisor.getByTestId('expected-row').filter({ hasText: 'LESCO notice 77' });
  await row.waitFor();
  expect(await row.getAttribute('data-state')).toBe('in-force');
});

test('both stations go dark: the announced one pages nobody, the other its district', async () => {
  const dark = [cameraOf(codes.announced), cameraOf(codes.struck)];
  const operator = await signIn(browser, constellation.url, 'operator');
  await operator.goto(`${constellation.url}/alerts`);
  truth.cutMs = Date.now();
  for (const { code } of dark) await fleet.setFault(code, { kind: 'unplugged' });
  const rowOf = (code: string) => operator.locator(`[data-station-code="${code}"]`);
  await rowOf(codes.announced).waitFor();
  await rowOf(codes.struck).waitFor();
  expect(await rowOf(codes.announced).getAttribute('data-expected')).toBe('true');
  expect(await rowOf(codes.struck).getAttribute('data-expected')).toBe('false');
  expect(await rowOf(codes.struck).getAttribute('data-severity')).toBe('critical');
  await eventually("Multan's district is told", () => told.MUL?.length === 1, 40_000);
  expect(told.MUL?.[0]).toContain(codes.struck);
  await shoot(operator, 'inbox');

  await rowOf(codes.struck).getByRole('link').click();
  await operator.getByTestId('alert-acknowledge').click();
  truth.acknowledgedMs = Date.now();
  await operator
    .locator(`[data-station-code="${codes.struck}"][data-state=acknowledged]`)
    .waitFor();
  truth.backMs = Date.now();
  for (const { code } of dark) await fleet.setFault(code, null);
  for (const code of [codes.announced, codes.struck]) {
    await operator.locator(`[data-station-code="${code}"][data-state=closed]`).waitFor();
  }
  truth.closedMs = Date.now();
  await eventually("Multan's district is told of the end", () => told.MUL?.length === 2, 20_000);
  expect(told.LHR).toEqual([]);
  await operator.context().close();
});

/** How long a camera gave no picture after the cut, as its recorder wrote it down. */
async function darkMs(camera: CameraView): Promise<number> {
  const { segments } = await supervisorApi.get<Timeline>(
    `/api/cameras/${camera.id}/timeline?fromMs=${truth.cutMs - minuteMs}&toMs=${Date.now()}`,
  );
  const before = segments.filter((one) => one.startMs < truth.cutMs).at(-1);
  const after = segments.find((one) => one.startMs >= truth.cutMs);
  if (before === undefined || after === undefined) throw new Error('no recording on both sides');
  return after.startMs - before.endMs;
}

/** The wanted time when the given one is the same but for rounding, else the given one. */
const near = (ms: number, wantedMs: number) => (Math.abs(ms - wantedMs) <= 5 ? wantedMs : ms);

/** Colours in force: the console is dark at night, paper never is. */
function paperColours(page: Page): Promise<{ ground: string; text: string }> {
  return page.evaluate(`(() => {
    const style = getComputedStyle(document.documentElement);
    const [ground, text] = ['--bg', '--text'].map((name) => style.getPropertyValue(name).trim());
    return { ground, text };
  })()`);
}

/** Lets the report be counted up to now, as the server does some minutes later. */
async function countUntil(untilMs: number): Promise<void> {
  const sql = openDatabase(embeddedDatabaseUrl(constellation.dataFolder), { maxConnections: 1 });
  const times = { settleMs: 0, stepMs: 1, longestMs: 60 * minuteMs, lateMs: 60 * minuteMs };
  try {
    while ((await countReportDays(sql, untilMs, times, async () => true)) !== null);
  } finally {
    await sql.end();
  }
}

/** The figures' truth: what the test did, what the recorder has, and what the alert's steps say. */
test('the report tells what happened: availability, response, causes; on screen and as CSV', async () => {
  const [announced, struck] = [cameraOf(codes.announced), cameraOf(codes.struck)];
  truth.untilMs = await eventually(
    'what was recorded after the return is in the index',
    async () => {
      const ends: number[] = [];
      for (const { id } of cameras) {
        const { segments } = await supervisorApi.get<Timeline>(
          `/api/cameras/${id}/timeline?fromMs=${truth.backMs}&toMs=${Date.now()}`,
        );
        ends.push(segments.filter((one) => !one.open).at(-1)?.endMs ?? 0);
      }
      const endMs = Math.floor(Math.min(...ends));
      return endMs > truth.closedMs && endMs;
    },
    20_000,
  );
  await countUntil(truth.untilMs);

  const { downMs, expectedMs } = {
    downMs: await darkMs(struck),
    expectedMs: await darkMs(announced),
  };
  // The recorder's word against the test's own watch: dark from the cut until some time after the return.
  for (const ms of [downMs, expectedMs]) {
    expect(ms).toBeGreaterThan(truth.backMs - truth.cutMs - 500);
    expect(ms).toBeLessThan(truth.untilMs - truth.cutMs);
  }

  const ask = <T>(query: string) => supervisorApi.get<T>(`/api/reports/${query}`);
  const range = `fromMs=${truth.cutMs - minuteMs}&toMs=${truth.untilMs}`;
  const stations = await ask<AvailabilityReport>(`availability?${range}&groupBy=station`);
  expect(stations.toMs).toBe(truth.untilMs);
  expect(
    stations.rows.map((row) => [
      row.key,
      near(row.downMs, downMs),
      near(row.expectedMs, expectedMs),
    ]),
  ).toEqual([
    [codes.struck, downMs, 0],
    [codes.announced, 0, expectedMs],
    [codes.calm, 0, 0],
  ]);
  expect(stations.rows.map(({ outages }) => outages)).toEqual([1, 0, 0]);
  expect(stations.rows.map((row) => row.downByCauseMs.network)).toEqual(
    stations.rows.map((row) => row.downMs),
  );
  for (const row of stations.rows) {
    const { upMs, oursMs, unknownMs } = row;
    expect(upMs + row.downMs + row.expectedMs + oursMs + unknownMs).toBe(row.observedMs);
    // Nothing is known, or watched by us, until the nodes are linked and a camera first answered.
    expect(oursMs + unknownMs).toBeLessThan(60_000);
    expect(row.availabilityPercent).toBeCloseTo((100 * upMs) / (upMs + row.downMs), 9);
  }
  const [struckRow, announcedRow, calmRow] = stations.rows;
  const districts = await ask<AvailabilityReport>(`availability?${range}&groupBy=district`);
  expect(districts.rows.map((row) => [row.key, row.upMs, row.downMs, row.expectedMs])).toEqual([
    ['MUL', struckRow?.upMs, struckRow?.downMs, 0],
    ['LHR', announcedRow?.upMs, 0, announcedRow?.expectedMs],
    ['RWP', calmRow?.upMs, 0, 0],
  ]);
  const phases = await ask<AvailabilityReport>(`availability?${range}&groupBy=phase`);
  expect(phases.rows.map((row) => [row.key, row.cameras, row.downMs, row.outages])).toEqual([
    ['drill', 2, 0, 0],
    ['poll', 1, struckRow?.downMs, 1],
  ]);

  const closed = await supervisorApi.get<AlertView[]>('/api/alerts?state=closed');
  const alert = closed.find(({ stationCode }) => stationCode === codes.struck);
  const { timeline } = await supervisorApi.get<AlertDetail>(`/api/alerts/${alert?.id}`);
  const stepMs = (step: string) => timeline.find((one) => one.step === step)?.atMs ?? Number.NaN;
  const response = await ask<AlertReport>(`alerts?${range}&groupBy=district`);
  expect(response.total).toMatchObject({
    ...{ opened: 2, expected: 1, acknowledged: 1, closed: 2, open: 0, escalated: 0, reopened: 0 },
    mttaMs: stepMs('acknowledged') - stepMs('opened'),
    mttrMs: stepMs('closed') - stepMs('opened'),
  });
  expect(Math.abs(stepMs('acknowledged') - truth.acknowledgedMs)).toBeLessThan(5_000);
  expect(stepMs('opened') - truth.cutMs).toBeLessThan(12_000);

  const causes = await ask<CauseReport>(`causes?${range}`);
  expect(causes.downByCauseMs).toEqual(stations.total.downByCauseMs);
  expect(causes.faults).toEqual([
    { state: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE', times: 2, cameras: 2, stations: 2 },
  ]);
  expect(causes.incidents).toEqual([]);

  await supervisor.goto(`${constellation.url}/reports?group=station`);
  const row = supervisor.getByRole('row', { name: codes.struck });
  await row.waitFor();
  const percent = Math.floor((struckRow?.availabilityPercent ?? 0) * 100) / 100;
  expect(await row.textContent()).toContain(`${percent.toFixed(2)}%`);
  await shoot(supervisor, 'report-availability');
  const [download] = await Promise.all([
    supervisor.waitForEvent('download'),
    supervisor.getByTestId('report-csv').click(),
  ]);
  const [head, ...lines] = parseCsv(readFileSync(await download.path(), 'utf8'));
  const column = (name: string) => head?.fields.indexOf(name) ?? -1;
  const seconds = (ms: number) => String(ms / 1_000);
  expect(
    lines.map(({ fields }) => ['key', 'down_s', 'expected_s'].map((n) => fields[column(n)])),
  ).toEqual([
    ...stations.rows.map((one) => [one.key, seconds(one.downMs), seconds(one.expectedMs)]),
    ['total', seconds(stations.total.downMs), seconds(stations.total.expectedMs)],
  ]);

  for (const kind of ['alerts', 'causes']) {
    await supervisor.goto(`${constellation.url}/reports?report=${kind}`);
    await supervisor.getByTestId('report').waitFor();
    await shoot(supervisor, `report-${kind}`);
  }
  await supervisor.goto(`${constellation.url}/reports?group=station`);
  await row.waitFor();
  await supervisor.emulateMedia({ media: 'print' });
  expect(await supervisor.getByRole('navigation').isVisible()).toBe(false);
  expect(await row.isVisible()).toBe(true);
  await supervisor.getByText(/^Availability · by .?Polling station/).waitFor();
  await shoot(supervisor, 'report-print');
  expect(await paperColours(supervisor)).toEqual({ ground: '#fff', text: '#101820' });
});

test('after a restart the clocks and the announcement stand, and the media node knows the poll', async () => {
  const keptPhase = join(constellation.dataFolder, 'media/phase.json');
  const phaseOfNode = () => JSON.parse(readFileSync(keptPhase, 'utf8')).kind;
  expect(phaseOfNode()).toBe('poll');
  await constellation.end();
  // What the node kept is gone: it has to be told again.
  rmSync(keptPhase);
  await constellation.start();
  admin = await openSession(constellation.url, 'administrator');
  expect(await votingDistricts()).toEqual(['MUL']);
  const [announced] = await admin.get<ExpectedDarkView[]>('/api/expected-dark');
  expect(announced).toMatchObject({ scope: { kind: 'feeder', key: feeder }, cancelledAtMs: null });
  await eventually('the node is told of the poll', () => phaseOfNode() === 'poll', 10_000);
});
