import { expect, test } from 'vitest';
import { eachAddress, isWithin, parseCidrs, scatterAddresses } from './address-range.ts';

test.each([
  [['192.0.2.0/30'], ['192.0.2.1', '192.0.2.2']],
  [['192.0.2.77/30'], ['192.0.2.77', '192.0.2.78']],
  [['192.0.2.8/31'], ['192.0.2.8', '192.0.2.9']],
  [['192.0.2.8'], ['192.0.2.8']],
  [
    ['192.0.2.4/30', '192.0.2.5/32', '192.0.2.6/31'],
    ['192.0.2.5', '192.0.2.6', '192.0.2.7'],
  ],
  [['223.255.255.255/32'], ['223.255.255.255']],
])('%j is %j', (cidrs, addresses) => {
  const ranges = parseCidrs(cidrs);
  expect([...eachAddress(ranges)]).toEqual(addresses);
  expect(addresses.every((address) => isWithin(ranges, address))).toBe(true);
  expect(isWithin(ranges, '203.0.113.1')).toBe(false);
});

test('a /16 is the widest', () => {
  expect([...eachAddress(parseCidrs(['10.20.0.0/16']))]).toHaveLength(65_534);
  expect(() => parseCidrs(['10.20.0.0/15'])).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
  expect(() => parseCidrs(Array.from({ length: 5 }, (_, index) => `10.${index}.0.0/16`))).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});

test.each([
  '',
  'x',
  '1.2.3',
  '1.2.3.4.5/24',
  '1.2.3.256/24',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/24/24',
  '1.2.3.4/-1',
  '239.255.255.250/32',
  '0.0.0.0/24',
  '255.255.255.255',
  '::1/128',
  '1.2.3.4 /24',
])('refuses %j', (cidr) => {
  expect(() => parseCidrs([cidr])).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});

test('scattered, every address comes once and neighbours far apart', () => {
  for (const cidr of ['10.1.2.0/24', '10.1.2.0/22', '10.1.2.3/32', '10.1.2.0/30', '10.1.0.0/16']) {
    const ranges = parseCidrs([cidr]);
    const scattered = [...scatterAddresses(ranges)];
    expect(new Set(scattered)).toEqual(new Set(eachAddress(ranges)));
    expect(scattered).toHaveLength(new Set(scattered).size);
  }
  const [first = '', second = ''] = scatterAddresses(parseCidrs(['10.1.2.0/24']));
  expect(Math.abs(Number(second.split('.')[3]) - Number(first.split('.')[3]))).toBeGreaterThan(50);
});
