import type { Role } from '@nigehban/domain/permissions.ts';
import type { Page } from 'playwright-core';

export interface Shot {
  readonly name: string;
  readonly path: string;
  /** Who is signed in; null shows the sign-in page. */
  readonly role: Role | null;
  readonly settleMs: number;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

async function discardPlan(page: Page): Promise<void> {
  const discard = page.getByTestId('plan-discard');
  if (await discard.isVisible()) await discard.click();
  await page.getByTestId('plan-drop').waitFor();
}

async function loadPlan(page: Page, name: string): Promise<void> {
  await discardPlan(page);
  const file = { name, mimeType: 'text/csv', buffer: Buffer.from('district\n') };
  await page.getByTestId('plan-file').setInputFiles(file);
  await page.getByTestId('plan-discard').waitFor();
}

/** One level up, as another operator would; at the province it stays there. */
async function escalateAlert(page: Page, id: number, reason: string): Promise<void> {
  const url = new URL(`/api/alerts/${id}`, page.url()).href;
  const { version } = await (await page.request.get(url)).json();
  await page.request.post(`${url}/escalate`, { data: { version, reason } });
}

/** Listens to the first tile by key and points at one that has nothing to hear. */
async function listenToFirst(page: Page): Promise<void> {
  const tile = (camera: number) => page.locator(`[data-camera-id="${camera}"]`);
  await tile(1).locator('[data-listening="silent"]').waitFor();
  await tile(1).focus();
  await page.keyboard.press('m');
  await tile(1).getByTestId('listening').waitFor();
  await tile(3).getByTestId('listen').hover();
}

const halfHourMs = 1_800_000;

/** Every main screen and dialog of the console. */
export const shots: readonly Shot[] = [
  { name: 'sign-in', path: '/', role: null, settleMs: 400 },
  { name: 'wall-4', path: '/wall/4', role: 'operator', settleMs: 3_000 },
  { name: 'wall-9', path: '/wall/9', role: 'operator', settleMs: 3_000 },
  { name: 'wall-16', path: '/wall/16', role: 'operator', settleMs: 4_500 },
  { name: 'wall-empty-tiles', path: '/wall/4?cams=1,0,6', role: 'operator', settleMs: 2_500 },
  { name: 'wall-big', path: '/wall/9?big=2', role: 'operator', settleMs: 2_500 },
  {
    name: 'wall-listening',
    path: '/wall/4?cams=1,2,3,4',
    role: 'supervisor',
    settleMs: 800,
    prepare: listenToFirst,
  },
  {
    name: 'wall-listening-16',
    path: '/wall/16',
    role: 'supervisor',
    settleMs: 800,
    prepare: listenToFirst,
  },
  {
    name: 'picker',
    path: '/wall/4',
    role: 'operator',
    settleMs: 800,
    prepare: (page) => page.keyboard.press('c'),
  },
  { name: 'stations', path: '/stations', role: 'technician', settleMs: 800 },
  { name: 'station', path: '/stations/GE24-NA122-PS108', role: 'operator', settleMs: 1_200 },
  {
    name: 'station-supply',
    path: '/stations/GE24-NA122-PS108',
    role: 'administrator',
    settleMs: 800,
    prepare: async (page) => {
      await page.getByTestId('supply-change').click();
      await page.getByTestId('supply-feeder').fill('lesco gulberg 7');
    },
  },
  {
    name: 'station-facts',
    path: '/stations/GE24-NA122-PS108',
    role: 'administrator',
    settleMs: 900,
  },
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
  {
    name: 'inbox-escalate',
    path: '/alerts?sel=1',
    role: 'operator',
    settleMs: 600,
    prepare: async (page) => {
      await page.getByTestId('escalate').waitFor();
      await page.keyboard.press('u');
      await page.getByTestId('escalate-reason').fill('Crowd at the gate, police asked for');
    },
  },
  {
    name: 'inbox-escalated',
    path: '/alerts?sel=2',
    role: 'operator',
    settleMs: 900,
    prepare: async (page) => {
      await escalateAlert(page, 2, 'اسکول کے باہر ہجوم، پولیس درکار ہے');
      await escalateAlert(page, 2, 'No answer from the division');
      await page.reload();
    },
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
  {
    name: 'phases-new',
    path: '/phases',
    role: 'administrator',
    settleMs: 600,
    prepare: async (page) => {
      await page.getByTestId('election-add').click();
      await page.getByTestId('election').first().locator('select').first().selectOption('MUL');
    },
  },
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
  {
    name: 'plan-file',
    path: '/admin/import',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) => discardPlan(page),
  },
  {
    name: 'plan-columns',
    path: '/admin/import',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) => loadPlan(page, 'columns-lahore.csv'),
  },
  {
    name: 'plan-check',
    path: '/admin/import',
    role: 'administrator',
    settleMs: 600,
    prepare: (page) => loadPlan(page, 'فہرست لاہور 2024.csv'),
  },
  {
    name: 'plan-edit',
    path: '/admin/import',
    role: 'administrator',
    settleMs: 600,
    prepare: async (page) => {
      await loadPlan(page, 'lahore-2.csv');
      await page.getByTestId('plan-issues').getByRole('button').nth(2).click();
    },
  },
  {
    name: 'plan-undo',
    path: '/admin/import',
    role: 'administrator',
    settleMs: 600,
    prepare: async (page) => {
      await discardPlan(page);
      await page.getByTestId('plan-undo').click();
    },
  },
  { name: 'wrong-address', path: '/nowhere', role: 'operator', settleMs: 600 },
  {
    name: 'nav-more',
    path: '/admin/audit',
    role: 'administrator',
    settleMs: 400,
    prepare: (page) => page.getByTestId('nav-more').click({ timeout: 1_000 }),
  },
];
