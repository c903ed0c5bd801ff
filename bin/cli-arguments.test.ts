import { Fault } from '@nigehban/domain/faults.ts';
import { expect, test } from 'vitest';
import { parseCommand } from './cli-arguments.ts';

test('networks may be given in one option or several', () => {
  expect(
    parseCommand([
      'all',
      '--discover',
      '192.0.2.0/24,198.51.100.0/24',
      '--discover',
      '203.0.113.7/32',
    ]),
  ).toEqual({
    kind: 'all',
    plan: undefined,
    discover: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.7/32'],
    multicast: false,
  });
});

test('verify takes the folder and the key that it shall believe', () => {
  expect(parseCommand(['verify', '--footage', '/f', '--public-key', 'key.pem'])).toEqual({
    kind: 'verify',
    footage: '/f',
    publicKey: 'key.pem',
  });
});

test('verify takes an export instead', () => {
  expect(parseCommand(['verify', '--export', '/e', '--public-key', 'key.pem'])).toMatchObject({
    kind: 'verify',
    publicKey: 'key.pem',
    exportPath: '/e',
  });
});

test('no command is a call for help; a wrong one is named', () => {
  expect(parseCommand([])).toEqual({ kind: 'help' });
  expect(() => parseCommand(['al'])).toThrow('Unknown command: al');
  expect(() => parseCommand(['all', 'extra'])).toThrow('extra');
  expect(() => parseCommand(['all', '--plam', 'x'])).toThrow(Fault);
});

test('import takes one file and says where to and whether to write', () => {
  expect(parseCommand(['import', 'plan.xlsx'])).toEqual({
    kind: 'import',
    file: 'plan.xlsx',
    server: 'http://127.0.0.1:8080',
    user: 'administrator',
    apply: false,
    setAside: false,
    remove: false,
  });
  expect(
    parseCommand(['import', 'a.csv', '--server', 'https://vms.example', '--apply', '--set-aside']),
  ).toMatchObject({ server: 'https://vms.example', apply: true, setAside: true, remove: false });
  for (const wrong of [
    ['import'],
    ['import', 'a.csv', 'b.csv'],
    ['import', 'a.csv', '--server', 'nowhere'],
    ['import', 'a.csv', '--apply', '--dry-run'],
  ]) {
    expect(() => parseCommand(wrong)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  }
});

test('camera takes a code and a tool; reseal takes a server', () => {
  expect(parseCommand(['camera', 'GE24-NA117-PS042-C1', 'reboot', '--confirm'])).toEqual({
    kind: 'camera',
    code: 'GE24-NA117-PS042-C1',
    tool: 'reboot',
    server: 'http://127.0.0.1:8080',
    user: 'administrator',
    confirm: true,
    out: undefined,
  });
  expect(parseCommand(['reseal', '--user', 'x'])).toMatchObject({ kind: 'reseal', user: 'x' });
  for (const wrong of [
    ['camera'],
    ['camera', 'C1'],
    ['camera', 'C1', 'explode'],
    ['camera', 'C1', 'ping', 'more'],
    ['camera', 'C1', 'ping', '--server', 'nowhere'],
  ]) {
    expect(() => parseCommand(wrong)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  }
});
