import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { findPageFaults } from './page-faults.ts';
import { makeScene, makeStill, sceneCount } from './scenes.ts';
import { type Shot, shots } from './shots.ts';

/**
 * Pictures of every screen: `node take-screenshots.ts <folder> [names…] [--sizes laptop,phone,wide]
 * [--themes dark,light] [--languages en,ur]`. With `--faults` it also tells what it finds wrong
 * with each screen; `--no-pictures` leaves the pictures out.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: 'laptop,phone' },
    themes: { type: 'string', default: 'dark,light' },
    languages: { type: 'string', default: 'en,ur' },
    faults: { type: 'boolean', default: false },
    'no-pictures': { type: 'boolean', default: false },
  },
});
const [folder = '/tmp/nigehban-screens', ...only] = positionals;

const sizes: Readonly<Record<string, { readonly width: number; readonly height: number }>> = {
  laptop: { width: 1366, height: 768 },
  wide: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
};

async function takeShot(
  browser: Browser,
  server: MockServer,
  shot: Shot,
  language: string,
  size: string,
): Promise<void> {
  const [theme = 'dark', ...otherThemes] = values.themes.split(',');
  const context = await browser.newContext({ viewport: sizes[size] ?? null });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.log(shot.name, language, size, message.text());
  });
  page.on('pageerror', (error) => console.log(shot.name, 'page error', error.message));
  await page.addInitScript(
    `localStorage.setItem('nigehban.language', '${language}');
    localStorage.setItem('nigehban.theme', '${theme}')`,
  );
  if (shot.role !== null) {
    await page.request.post(`${server.url}/api/session`, {
      data: { username: shot.role, password: 'nigehban' },
    });
  } else {
    await page.request.delete(`${server.url}/api/session`);
  }
  await page.goto(server.url + shot.path);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(600);
  await shot.prepare?.(page);
  if (shot.role === 'operator' && shot.name === 'wall-16') {
    server.setCamera(12, 'ONLINE', null);
    await page.waitForTimeout(2_500);
    server.setCamera(12, 'SUSPECTED', null);
    await page.waitForTimeout(4_500);
  }
  await page.waitForTimeout(shot.settleMs);
  for (const shown of [theme, ...otherThemes]) {
    await page.evaluate(`document.documentElement.dataset.theme = '${shown}'`);
    if (!values['no-pictures']) {
      const path = join(folder, `${shot.name}-${size}-${shown}-${language}.png`);
      await page.screenshot({ path });
    }
    if (!values.faults) continue;
    for (const fault of await findPageFaults(page, size === 'phone')) {
      console.log(`${shot.name} ${size} ${shown} ${language} | ${fault}`);
    }
  }
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
const isWanted = (shot: Shot): boolean =>
  only.length === 0 || only.some((part) => shot.name.includes(part));
try {
  for (const shot of shots.filter(isWanted)) {
    for (const language of values.languages.split(',')) {
      for (const size of values.sizes.split(',')) {
        try {
          await takeShot(browser, server, shot, language, size);
        } catch (error) {
          console.log(shot.name, size, language, String(error));
        }
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
