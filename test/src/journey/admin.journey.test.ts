import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testPassword,
} from '@nigehban/server/testing/test-services.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConsole } from '../web-mock/build-mock-console.ts';
import { launchChromium } from './browser.ts';

/**
 * An administrator takes on an operator, who chooses a password and works; then sets up who is told
 * of outages, and a test message arrives at a real server. All of it is found in the audit trail.
 */
let services: TestServices;
let server: TestServer;
let browser: Browser;
let webRoot: string;
const received: { body: string; signed: boolean }[] = [];
const secret = 'a-shared-secret';
const hook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const { 'webhook-id': id, 'webhook-timestamp': at } = request.headers;
    const proof = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
    received.push({ body, signed: request.headers['webhook-signature'] === `v1,${proof}` });
    response.end();
  });
});

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'nigehban-admin-console-'));
  await buildConsole(webRoot);
  services = await startTestServices({ redis: true });
  server = await startTestServer(services, { webRoot });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  browser = await launchChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await services?.stop();
  hook.close();
  hook.closeAllConnections();
  await rm(webRoot, { recursive: true, force: true });
});

async function signIn(username: string, password: string): Promise<Page> {
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(server.url);
  await page.getByTestId('sign-in-username').fill(username);
  await page.getByTestId('sign-in-password').fill(password);
  await page.getByTestId('sign-in-submit').click();
  return page;
}

test('an operator is taken on, a recipient is set up and tested, and the trail tells of it', async () => {
  const admin = await signIn('administrator', testPassword);
  await admin.getByRole('link', { name: 'Users' }).click();
  await admin.getByTestId('user-add').click();
  await admin.locator('input[name="new-username"]').fill('sana.malik');
  await admin.locator('input[name="display-name"]').fill('Sana Malik');
  await admin.getByTestId('user-save').click();
  const oneTime = (await admin.getByTestId('one-time-password').textContent()) ?? '';
  await admin.getByTestId('one-time-done').click();
  await admin.locator('[data-username="sana.malik"]').waitFor();

  const operator = await signIn('sana.malik', oneTime.trim());
  await operator.getByTestId('own-password').waitFor();
  await operator.locator('input[name="present-password"]').fill(oneTime.trim());
  await operator.locator('input[name="new-password"]').fill('nine lanterns at dusk');
  await operator.locator('input[name="new-password-again"]').fill('nine lanterns at dusk');
  await operator.keyboard.press('Enter');
  await operator.getByRole('navigation').waitFor();

  await admin.getByRole('link', { name: 'Notices' }).click();
  await admin.getByTestId('recipient-add').click();
  const form = admin.getByTestId('recipient-form');
  await form.getByLabel('Name').fill('Control room');
  await form.locator('select').first().selectOption('webhook');
  await form
    .locator('input[dir="ltr"]')
    .first()
    .fill(`http://127.0.0.1:${(hook.address() as AddressInfo).port}/outages`);
  await form.getByLabel('Secret').fill(secret);
  const level = form.locator('select', { has: admin.locator('option[value="province"]') });
  await level.selectOption('province');
  await form.locator('button[type="submit"]').click();
  await admin.getByTestId('recipient-test').click();
  await admin.getByTestId('recipient-test-result').waitFor();
  expect(received).toHaveLength(1);
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ subject: 'Nigehban: test message' });
  expect(received[0]?.signed).toBe(true);

  await admin.getByRole('link', { name: 'Audit' }).click();
  await admin.locator('[data-testid="audit-chain"][data-intact="true"]').waitFor();
  for (const action of ['user.add', 'user.change-password', 'notice.test']) {
    await admin.locator(`[data-action="${action}"]`).first().waitFor();
  }
  expect(await admin.getByRole('table').textContent()).not.toContain(secret);

  // Disabled, the operator's open console is back at the sign-in within moments.
  await admin.getByRole('link', { name: 'Users' }).click();
  await admin
    .locator('[data-username="sana.malik"]')
    .getByRole('button', { name: 'Disable' })
    .click();
  await admin.getByTestId('ask-confirm').click();
  await operator.getByTestId('sign-in-username').waitFor();
}, 90_000);
