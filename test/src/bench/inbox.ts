import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { buildMockConsole } from '../web-mock/build-mock-console.ts';
import { playStorm, traceTasks } from '../web-mock/inbox-storm.ts';
import { startMockServer } from '../web-mock/mock-server.ts';
import { measure, reportFigures } from './report.ts';

/**
 * The inbox in a storm: 6,000 stations go dark in 5 s, told in batches of a quarter second, then are
 * grouped into one incident in one frame; its 6,000 rows are unfolded and walked through.
 */
const stations = 6_000;
const webRoot = await mkdtemp(join(tmpdir(), 'nigehban-bench-inbox-'));
await buildMockConsole(webRoot);
const server = await startMockServer({ webRoot, role: 'operator', extraStations: stations });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  page.setDefaultTimeout(60_000);
  await page.goto(`${server.url}/alerts`);
  await page.getByText('Nothing open').waitFor();
  server.setCamera(1, 'UNREACHABLE', 'CAMERA_UNREACHABLE');
  await page.getByTestId('alert-row').first().waitFor();
  const storm = await traceTasks(page, async () => {
    await playStorm(server, { stations, batches: 20, everyMs: 250 });
    await page.getByText('5,999 new').waitFor();
  });
  const grouping = await traceTasks(page, async () => {
    server.alerts.openIncident(
      { kind: 'province', key: '' },
      ['', ''],
      server.fleet.alerts.slice(1),
      Date.now(),
    );
    await page.getByText('1 new alert').waitFor();
  });
  const unfolding = await traceTasks(page, async () => {
    await page.keyboard.press('n');
    await page.getByTestId('incident-row').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowRight');
    await page.locator('[data-inside="1"]').first().waitFor();
  });
  const walking = await traceTasks(page, async () => {
    for (let key = 0; key < 40; key++) await page.keyboard.press('j');
    await page.keyboard.press('End');
  });
  const scrolling = await traceTasks(page, () =>
    page.getByTestId('inbox-scroller').evaluate(
      `(list) => new Promise((done) => {
        list.scrollTop = 0;
        let left = 120;
        const frame = () => {
          list.scrollTop += 120;
          left -= 1;
          if (left === 0) done();
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      })`,
    ),
  );
  const figures = Object.entries({ storm, grouping, unfolding, walking, scrolling }).flatMap(
    ([name, seen]) => [
      measure(`${name}-longest-task-cpu`, seen.longestCpuMs, 'ms'),
      measure(`${name}-longest-task-wall`, seen.longestWallMs, 'ms'),
      measure(`${name}-tasks-over-100ms-cpu`, seen.over100Ms, 'tasks'),
    ],
  );
  reportFigures('inbox', figures, process.argv.slice(2));
} finally {
  await browser.close();
  await server.close();
  await rm(webRoot, { recursive: true, force: true });
}
