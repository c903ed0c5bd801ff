import { Fault } from '@nigehban/domain/faults.ts';
import { expect, test } from 'vitest';
import { parseSettings } from './settings.ts';

const defaults = { hostname: 'node-1' };

test('an empty environment gives the documented defaults, frozen', () => {
  const settings = parseSettings({}, defaults);
  expect(settings).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    dataFolder: './data',
    serverUrl: 'http://127.0.0.1:8080',
    nodeId: 'node-1',
    viewApproval: 'required',
    oldSecretKeys: [],
    media: {
      segmentMs: 60_000,
      silentForMs: 5_000,
      retention: { keepDays: 365, minimumDays: 30, quotaBytes: null, diskReserve: 0.05 },
    },
  });
  expect(Object.isFrozen(settings.media)).toBe(true);
});

test('every bad value is named in one fault, and no secret is repeated', () => {
  const bad = {
    NIGEHBAN_PORT: '80x',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    NIGEHBAN_RTC_PORTS: '5-4',
    NIGEHBAN_SECRET_KEY: 'short',
    NIGEHBAN_NODE_ID: 'a/b',
    NIGEHBAN_COOKIE_SECURE: 'maybe',
    NIGEHBAN_TRUSTED_PROXIES: '10.0.0.1, 10.0.0.0/33',
    NIGEHBAN_ALLOWED_ORIGINS: 'https://console.example/',
  };
  const thrown = (() => {
    try {
      parseSettings(bad, defaults);
      return undefined;
    } catch (fault) {
      return fault;
    }
  })();
  expect(thrown).toBeInstanceOf(Fault);
  const fault = thrown as Fault;
  expect(fault.code).toBe('SETTING_INVALID');
  for (const name of Object.keys(bad)) expect(fault.message).toContain(name);
  expect(fault.message).not.toContain('hunter2');
});

test('behind a proxy: who passes requests on, and under which names the console is opened', () => {
  const env = {
    NIGEHBAN_TRUSTED_PROXIES: '10.0.0.1, fd00::/8',
    NIGEHBAN_ALLOWED_ORIGINS: 'https://console.example, https://10.0.0.1:8443',
  };
  expect(parseSettings(env, defaults)).toMatchObject({
    trustedProxies: ['10.0.0.1', 'fd00::/8'],
    allowedOrigins: ['https://console.example', 'https://10.0.0.1:8443'],
  });
});

test('the server URL follows the port', () => {
  expect(parseSettings({ NIGEHBAN_PORT: '9000' }, defaults).serverUrl).toBe(
    'http://127.0.0.1:9000',
  );
});

test('retention: a short one shortens the minimum, a minimum above it is refused', () => {
  const { retention } = parseSettings({ NIGEHBAN_RETENTION_DAYS: '7' }, defaults).media;
  expect(retention).toMatchObject({ keepDays: 7, minimumDays: 7 });
  const bad = { NIGEHBAN_RETENTION_DAYS: '7', NIGEHBAN_RETENTION_MINIMUM_DAYS: '8' };
  expect(() => parseSettings(bad, defaults)).toThrow('NIGEHBAN_RETENTION_MINIMUM_DAYS');
});
