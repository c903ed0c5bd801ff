import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Role } from '@nigehban/domain/permissions.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { makeScene, makeStill, sceneCount } from './scenes.ts';

/** Every main screen in two languages and two sizes: `node take-screenshots.ts <folder> [only]`. */
const [folder = '/tmp/nigehban-screens', only = ''] = process.argv.slice(2);
const sizes = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly role: Role | null;
  readonly settleMs: number;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const halfHourMs = 1_800_000;

const shots: readonly Shot[] = [
  { name: 'sign-in', path: '/', role: null, settleMs: 400 },
  { name: 'wall-4', path: '/wall/4', role: 'operator', settleMs: 3_000 },
  { name: 'wall-9', path: '/wall/9', role: 'operator', settleMs: 3_000 },
  { name: 'wall-16', path: '/wall/16', role: 'operator', settleMs: 4_500 },
  { name: 'wall-empty-tiles', path: '/wall/4?cams=1,0,6', role: 'operator', settleMs: 2_500 },
  { name: 'wall-big', path: '/wall/9?big=2', role: 'operator', settleMs: 2_500 },
  {
    name: 'picker',
    path: '/wall/4',
    role: 'operator',
    settleMs: 800,
    prepare: (page) => page.keyboard.press('c'),
  },
  { name: 'stations', path: '/stations', role: 'technician', settleMs: 800 },
  { name: 'station', path: '/stations/GE24-NA122-PS108', role: 'operator', settleMs: 1_200 },
  { name: 'alerts', path: '/alerts?sel=1', role: 'supervisor', settleMs: 800 },
  { name: 'alerts-list', path: '/alerts', role: 'operator', settleMs: 800 },
  { name: 'inbox-incident', path: '/alerts?incident=1', role: 'supervisor', settleMs: 800 },
  {
    name: 'inbox-unfolded',
    path: '/alerts?incident=1',
    role: 'operator',
    settleMs: 800,
    prepare: (page) => page.keyboard.press('Enter'),
  },
  {
    name: 'inbox-close',
    path: '/alerts?sel=1',
    role: 'supervisor',
    settleMs: 600,
    prepare: (page) => page.keyboard.press('c'),
  },
  {
    name: 'inbox-assign',
    path: '/alerts?sel=1',
    role: 'operator',
    settleMs: 600,
    prepare: (page) => page.keyboard.press('e'),
  },
  { name: 'expected-dark', path: '/expected-dark', role: 'supervisor', settleMs: 600 },
  {
    name: 'expected-form',
    path: '/expected-dark',
    role: 'supervisor',
    settleMs: 600,
    prepare: (page) => page.getByTestId('expected-add').click(),
  },
  { name: 'reports', path: '/reports', role: 'supervisor', settleMs: 600 },
  { name: 'reports-alerts', path: '/reports?report=alerts', role: 'supervisor', settleMs: 600 },
  { name: 'reports-causes', path: '/reports?report=causes', role: 'supervisor', settleMs: 600 },
  { name: 'phases', path: '/phases', role: 'administrator', settleMs: 600 },
  { name: 'camera-live', path: '/cameras/1', role: 'technician', settleMs: 2_000 },
  { name: 'camera-down', path: '/cameras/6', role: 'supervisor', settleMs: 2_000 },
  {
    name: 'camera-playback',
    path: `/cameras/1?t=${Date.now() - halfHourMs}`,
    role: 'supervisor',
    settleMs: 3_000,
  },
  {
    name: 'palette',
    path: '/stations',
    role: 'operator',
    settleMs: 600,
    prepare: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('booth');
    },
  },
  { name: 'admin-users', path: '/admin/users', role: 'administrator', settleMs: 600 },
  {
    name: 'admin-users-form',
    path: '/admin/users',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) => page.getByTestId('user-add').click(),
  },
  {
    name: 'admin-users-password',
    path: '/admin/users',
    role: 'administrator',
    settleMs: 600,
    prepare: async (page) => {
      await page.getByTestId('user-reset').nth(1).click();
      await page.getByTestId('ask-confirm').click();
    },
  },
  {
    name: 'admin-own-password',
    path: '/admin/users',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) =>
      page
        .getByTestId('own-account')
        .click({ timeout: 500 })
        .catch(() => {}),
  },
  { name: 'admin-audit', path: '/admin/audit', role: 'administrator', settleMs: 600 },
  { name: 'notices', path: '/admin/notices', role: 'administrator', settleMs: 600 },
  {
    name: 'notices-form',
    path: '/admin/notices',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) => page.getByTestId('recipient-add').click(),
  },
  {
    name: 'notices-messages',
    path: '/admin/notices?tab=messages',
    role: 'administrator',
    settleMs: 600,
  },
  {
    name: 'notices-channels',
    path: '/admin/notices?tab=channels',
    role: 'administrator',
    settleMs: 600,
  },
  {
    name: 'notices-escalation',
    path: '/admin/notices?tab=escalation',
    role: 'administrator',
    settleMs: 600,
  },
  { name: 'health', path: '/health', role: 'technician', settleMs: 800 },
  {
    name: 'health-drift',
    path: '/health?status=drift&sort=-clock',
    role: 'technician',
    settleMs: 800,
  },
  { name: 'camera-clock', path: '/cameras/4', role: 'technician', settleMs: 2_000 },
  {
    name: 'camera-tools',
    path: '/cameras/4',
    role: 'technician',
    settleMs: 1_200,
    prepare: async (page) => {
      await page.getByTestId('tool-snapshot').click();
      await page.getByTestId('tool-snapshot').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'camera-more',
    path: '/cameras/4',
    role: 'supervisor',
    settleMs: 1_200,
    prepare: (page) => page.getByTestId('assignments').scrollIntoViewIfNeeded(),
  },
  {
    name: 'camera-transfer',
    path: '/cameras/4',
    role: 'technician',
    settleMs: 600,
    prepare: (page) => page.getByTestId('assignment-transfer').click(),
  },
  { name: 'approvals', path: '/approvals', role: 'supervisor', settleMs: 1_200 },
  { name: 'approvals-same', path: '/approvals?sel=117', role: 'supervisor', settleMs: 1_000 },
  { name: 'discovery', path: '/discovery', role: 'technician', settleMs: 800 },
  {
    name: 'discovery-bind',
    path: '/discovery',
    role: 'technician',
    settleMs: 600,
    prepare: (page) => page.getByTestId('quarantine-bind').first().click(),
  },
  { name: 'unapproved-wall', path: '/wall/4?cams=11,1,14,2', role: 'operator', settleMs: 2_500 },
  {
    name: 'unapproved-station',
    path: '/stations/GE24-NA056-PS203',
    role: 'operator',
    settleMs: 900,
  },
  {
    name: 'help',
    path: '/stations',
    role: 'operator',
    settleMs: 600,
    prepare: (page) => page.keyboard.press('?'),
  },
];

async function takeShot(
  browser: Browser,
  server: MockServer,
  shot: Shot,
  language: 'en' | 'ur',
  size: keyof typeof sizes,
): Promise<void> {
  const context = await browser.newContext({ viewport: sizes[size] });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.log(shot.name, language, size, message.text());
  });
  page.on('pageerror', (error) => console.log(shot.name, 'page error', error.message));
  await page.addInitScript(
    `localStorage.setItem('nigehban.language', '${language}');
    localStorage.setItem('nigehban.theme', '${process.env.THEME ?? 'dark'}')`,
  );
  if (shot.role !== null) {
    await page.request.post(`${server.url}/api/session`, {
      data: { username: shot.role, password: 'nigehban' },
    });
  } else {
    await page.request.delete(`${server.url}/api/session`);
  }
  await page.goto(server.url + shot.path);
  await page.waitForTimeout(600);
  await shot.prepare?.(page);
  if (shot.role === 'operator' && shot.name === 'wall-16') {
    server.setCamera(12, 'ONLINE', null);
    await page.waitForTimeout(2_500);
    server.setCamera(12, 'SUSPECTED', null);
    await page.waitForTimeout(4_500);
  }
  await page.waitForTimeout(shot.settleMs);
  await page.screenshot({ path: join(folder, `${shot.name}-${size}-${language}.png`) });
  await context.close();
}

await mkdir(folder, { recursive: true });
const webRoot = join(folder, 'console');
await buildMockConsole(webRoot);
for (let scene = 0; scene < sceneCount; scene++) {
  await makeScene(scene);
  await makeStill(scene);
}
const server = await startMockServer({ webRoot });
server.setCamera(6, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
server.setCamera(8, 'SILENT', 'CAMERA_SILENT');
server.setCamera(9, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
server.setCamera(16, 'REFUSED', 'CAMERA_AUTH_REFUSED');
server.setCamera(12, 'SUSPECTED', null);
for (const id of [13, 14, 15, 17, 18]) server.setCamera(id, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
server.alerts.openIncident(
  { kind: 'feeder', key: 'MEPCO-F114' },
  ['MEPCO-F114', 'MEPCO-F114'],
  server.fleet.alerts.slice(1),
  Date.now(),
);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--autoplay-policy=no-user-gesture-required'],
});
try {
  for (const shot of shots.filter((candidate) => candidate.name.includes(only))) {
    for (const language of (process.env.LANGS ?? 'en,ur').split(',') as ('en' | 'ur')[]) {
      for (const size of ['desktop', 'phone'] as const) {
        await takeShot(browser, server, shot, language, size);
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
