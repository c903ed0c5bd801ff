import { expect, test } from 'vitest';
import { DigestAuthority, parseAuthParameters } from './digest-authority.ts';

const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const user = { username: 'Mufasa', password: 'Circle of Life' };

function authority(lifetimeMs = 1000) {
  return new DigestAuthority(
    {
      realm: 'http-auth@example.org',
      algorithms: ['SHA-256', 'MD5'],
      nonceLifetimeMs: lifetimeMs,
    },
    () => nonce,
  );
}

function header(algorithm: string, response: string): string {
  return (
    `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ` +
    `algorithm=${algorithm}, nonce="${nonce}", nc=00000001, ` +
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ' +
    `response="${response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
  );
}

const sha256 = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1';
const md5 = '8ca523f5e9506fed4657c9700eebdbec';

test('the examples of RFC 7616 §3.9.1 are accepted', () => {
  const digest = authority();
  digest.challenges(0, false);
  expect(digest.check(header('SHA-256', sha256), 'GET', user, 1)).toBe('accepted');
  expect(digest.check(header('MD5', md5), 'GET', user, 1)).toBe('accepted');
});

test('another method, password or scheme is refused', () => {
  const digest = authority();
  digest.challenges(0, false);
  expect(digest.check(header('MD5', md5), 'POST', user, 1)).toBe('refused');
  const changed = { ...user, password: 'Hakuna Matata' };
  expect(digest.check(header('MD5', md5), 'GET', changed, 1)).toBe('refused');
  expect(digest.check('Basic TXVmYXNhOng=', 'GET', user, 1)).toBe('refused');
  expect(digest.check(undefined, 'GET', user, 1)).toBe('missing');
});

test('an old or foreign nonce is stale, not refused', () => {
  const digest = authority(1000);
  expect(digest.check(header('MD5', md5), 'GET', user, 0)).toBe('stale');
  digest.challenges(0, false);
  expect(digest.check(header('MD5', md5), 'GET', user, 1001)).toBe('stale');
});

test('one challenge for each algorithm, strongest first, with stale when asked', () => {
  const [first, second] = authority().challenges(0, true);
  expect(parseAuthParameters(first?.slice(7) ?? '').get('algorithm')).toBe('SHA-256');
  const parameters = parseAuthParameters(second?.slice(7) ?? '');
  expect(parameters.get('algorithm')).toBe('MD5');
  expect(parameters.get('stale')).toBe('true');
  expect(parameters.get('realm')).toBe('http-auth@example.org');
});
