import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import {
  buildAuthorization,
  chooseChallenge,
  type DigestChallenge,
  digestResponse,
  parseChallenges,
} from './digest-access.ts';

function onlyDigest(value: string): DigestChallenge {
  const [challenge] = parseChallenges([value]);
  if (challenge?.scheme !== 'digest') throw new Error('not a digest challenge');
  return challenge;
}

const rfc2617 =
  'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
  'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';

test('answers the example of RFC 2617 §3.5', () => {
  const response = digestResponse(onlyDigest(rfc2617), {
    username: 'Mufasa',
    password: 'Circle Of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: '0a4f113b',
    nonceCount: 1,
  });
  expect(response).toBe('6629fae49393a05397450978507c4ef1');
});

test('answers both examples of RFC 7616 §3.9.1 and prefers SHA-256', () => {
  const common =
    'realm="http-auth@example.org", qop="auth, auth-int", ' +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const request = {
    username: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nonceCount: 1,
  };
  const challenges = parseChallenges([
    `Digest ${common}, algorithm=MD5, Digest ${common}, algorithm=SHA-256`,
  ]);
  expect(challenges.map((c) => c.scheme === 'digest' && digestResponse(c, request))).toEqual([
    '8ca523f5e9506fed4657c9700eebdbec',
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  ]);
  const chosen = chooseChallenge(challenges, { allowBasic: false });
  expect(chosen).toMatchObject({ algorithm: 'SHA-256', qop: 'auth' });
});

test('answers without qop as RFC 2069 does', () => {
  // The erratum to RFC 2069 §2.4 gives this response.
  const challenge = onlyDigest(
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
  );
  const request = {
    username: 'Mufasa',
    password: 'CircleOfLife',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'unused',
    nonceCount: 1,
  };
  expect(digestResponse(challenge, request)).toBe('1949323746fe6a43ef61f9606e7febea');
  const header = buildAuthorization(challenge, request);
  expect(header).not.toMatch(/qop|nc=|cnonce|algorithm/);
});

test('sess algorithms bind the key to nonce and cnonce, and send cnonce without qop', () => {
  const challenge = onlyDigest('Digest realm="r", nonce="n", algorithm=MD5-sess');
  const request = { username: 'u', password: 'p', method: 'PLAY', uri: 'rtsp://h/', nonceCount: 1 };
  const one = digestResponse(challenge, { ...request, cnonce: 'a' });
  const two = digestResponse(challenge, { ...request, cnonce: 'b' });
  expect(one).not.toBe(two);
  expect(buildAuthorization(challenge, { ...request, cnonce: 'a' })).toContain('cnonce="a"');
});

test('takes several headers, several challenges in one, quoted algorithms and odd spacing', () => {
  const challenges = parseChallenges([
    'Basic realm="cam, \\"one\\"" , Digest realm="d",nonce=abc==,algorithm="md5" , stale=TRUE',
    'Negotiate',
    'Digest realm="x", nonce="y", qop="auth-int"',
    'Digest realm="x", nonce="y", algorithm=SHA-512-256',
  ]);
  expect(challenges).toEqual([
    { scheme: 'basic', realm: 'cam, "one"' },
    {
      scheme: 'digest',
      realm: 'd',
      nonce: 'abc==',
      opaque: undefined,
      algorithm: 'MD5',
      algorithmNamed: true,
      qop: undefined,
      stale: true,
    },
  ]);
});

test('Basic is chosen only when allowed and nothing better is offered', () => {
  const basic = parseChallenges(['Basic realm="r"']);
  expect(chooseChallenge(basic, { allowBasic: false })).toBeUndefined();
  expect(chooseChallenge(basic, { allowBasic: true })).toEqual({ scheme: 'basic', realm: 'r' });
  const both = parseChallenges(['Basic realm="r"', 'Digest realm="r", nonce="n"']);
  expect(chooseChallenge(both, { allowBasic: true })?.scheme).toBe('digest');
  const header = buildAuthorization(
    { scheme: 'basic', realm: 'r' },
    {
      username: 'Aladdin',
      password: 'open sesame',
      method: 'GET',
      uri: '/',
      cnonce: '',
      nonceCount: 1,
    },
  );
  expect(header).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
});

test('a control character in a credential is refused instead of ending the header', () => {
  const challenge = onlyDigest(rfc2617);
  for (const username of ['a\r\nSession: x', 'a\u0000']) {
    expect(() =>
      buildAuthorization(challenge, {
        username,
        password: 'p',
        method: 'GET',
        uri: '/',
        cnonce: 'c',
        nonceCount: 1,
      }),
    ).toThrow(MediaError);
  }
});

test('whatever the challenge and the credential say, the header stays one line and re-parses', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), fc.string(), (value, name, nonce) => {
      const challenges = parseChallenges([value, `Digest realm="r", nonce="${nonce}"`]);
      for (const challenge of challenges) {
        try {
          const header = buildAuthorization(challenge, {
            username: name,
            password: 'p',
            method: 'OPTIONS',
            uri: 'rtsp://h/s',
            cnonce: 'c',
            nonceCount: 1,
          });
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may pass
          expect(header).toMatch(/^[^\u0000-\u001f\u007f]*$/);
          expect(header).toMatch(/^[\u0020-\u00ff]*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
        }
      }
    }),
  );
});

test('an Urdu user name is sent and hashed as UTF-8', () => {
  const header = buildAuthorization(onlyDigest(rfc2617), {
    username: 'نگہبان',
    password: 'راز',
    method: 'GET',
    uri: '/',
    cnonce: 'c',
    nonceCount: 1,
  });
  expect(Buffer.from(header, 'latin1').toString('utf8')).toContain('username="نگہبان"');
});
