import { expect, test } from 'vitest';
import { effectivePolicy, isEmptyPolicy, type ScopedPolicy } from './camera-policy.ts';

const camera = {
  code: 'GE24-NA117-PS042-B2-C1',
  stationCode: 'GE24-NA117-PS042',
  districtCode: 'LHR',
  model: 'KV-2100',
};
const scoped = (
  scope: ScopedPolicy['scope'],
  scopeValue: string,
  policy: ScopedPolicy['policy'],
  newPassword: string | null = null,
): ScopedPolicy => ({ scope, scopeValue, policy, newPassword });

test('the narrower scope wins item by item, and other scopes do not count', () => {
  const policies = [
    scoped('model', 'KV-2100', { sub: { bitrateKbps: 256 } }),
    scoped('all', '', { ntpServer: '10.0.0.1', sub: { codec: 'H264', bitrateKbps: 512 } }, 'one'),
    scoped('district', 'LHR', { ntpServer: '10.1.0.1' }),
    scoped('district', 'MUL', { ntpServer: '10.2.0.1' }, 'two'),
    scoped('model', 'NL-D40', { main: { frameRateFps: 5 } }),
  ];
  expect(effectivePolicy(policies, camera)).toEqual({
    ntpServer: '10.1.0.1',
    sub: { codec: 'H264', bitrateKbps: 256 },
    newPassword: 'one',
  });
});

test('places are filled in, and a host name becomes one', () => {
  const policy = { hostName: 'Cam_{code}', osdText: '{station} / {code}' };
  expect(effectivePolicy([scoped('all', '', policy)], camera)).toEqual({
    hostName: 'cam-ge24-na117-ps042-b2-c1',
    osdText: 'GE24-NA117-PS042 / GE24-NA117-PS042-B2-C1',
  });
});

test('without a policy nothing is asked', () => {
  expect(isEmptyPolicy(effectivePolicy([], camera))).toBe(true);
  expect(isEmptyPolicy({ ntpServer: '10.0.0.1' })).toBe(false);
});
