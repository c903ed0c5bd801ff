import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildMockConsole } from './build-mock-console.ts';
import { type MockServer, startMockServer } from './mock-server.ts';

/** Users, audit and notices in a real browser against the mock server. */
const require = createRequire(import.meta.url);
let webRoot: string;
let axe: string;
let browser: Browser;
let server: MockServer;
let page: Page;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-admin-'));
  await buildMockConsole(webRoot);
  axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(webRoot, { recursive: true, force: true });
});

beforeEach(async () => {
  await server?.close();
  await page?.context().close();
  server = await startMockServer({ webRoot, role: 'administrator' });
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(15_000);
});

async function violations(): Promise<readonly string[]> {
  await page.evaluate(axe);
  const result = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join()}`);
}

test.each(['en', 'ur'] as const)(
  'no screen of the administrator has an axe violation (%s)',
  async (language) => {
    await page.addInitScript(`localStorage.setItem('nigehban.language', '${language}')`);
    await page.goto(`${server.url}/admin/users`);
    await page.getByTestId('user-row').first().waitFor();
    await page.getByTestId('user-add').click();
    await page.getByTestId('user-form').waitFor();
    expect(await violations(), 'user form').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('user-reset').nth(1).click();
    await page.getByTestId('ask-confirm').click();
    await page.getByTestId('one-time-password').waitFor();
    expect(await violations(), 'one-time password').toEqual([]);
    await page.getByTestId('one-time-done').click();
    server.breakAuditChain();
    await page.goto(`${server.url}/admin/audit`);
    await page.getByTestId('audit-row').first().waitFor();
    await page.locator('[data-testid="audit-chain"][data-intact="false"]').waitFor();
    expect(await violations(), 'audit').toEqual([]);
    server.requirePasswordChange(true);
    await page.goto(`${server.url}/admin/users`);
    await page.getByTestId('own-password').waitFor();
    expect(await violations(), 'own password').toEqual([]);
  },
  60_000,
);

test('a long trail is read window by window; its filters stand in the address', async () => {
  await page.goto(`${server.url}/admin/audit`);
  await page.getByTestId('audit-row').first().waitFor();
  expect(await page.getByTestId('audit-row').count()).toBeLessThan(60);
  const table = page.getByRole('table');
  await table.focus();
  await expect
    .poll(
      async () => {
        await page.keyboard.press('End');
        return await page.locator('[role="row"][aria-rowindex="1201"]').count();
      },
      { timeout: 15_000 },
    )
    .toBe(1);
  await page.locator('input[name="action"]').fill('user.');
  await page.waitForURL(/action=user\./);
  await expect
    .poll(
      async () =>
        await page.locator('[data-testid="audit-row"]:not([data-action^="user."])').count(),
    )
    .toBe(0);
  await page.reload();
  await page.locator('[data-action="user.add"]').first().waitFor();
  expect(await page.locator('input[name="action"]').inputValue()).toBe('user.');
  expect(await page.getByTestId('audit-csv').getAttribute('href')).toContain('action=user.');
});

test('the last administrator stays, and the page says why', async () => {
  await page.goto(`${server.url}/admin/users`);
  const row = page.locator('[data-username="administrator"]');
  await row.getByRole('button', { name: 'Disable' }).click();
  await page.getByTestId('ask-confirm').click();
  await page.getByRole('alert').getByText('LAST_ADMINISTRATOR').waitFor();
});
