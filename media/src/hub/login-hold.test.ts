import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import { LoginHold } from './login-hold.ts';
import { RefusedLogins } from './refused-logins.ts';
import type { StreamSource } from './stream-hub-types.ts';

const dayMs = 24 * 3_600_000;
const main: StreamSource = {
  key: 'main',
  url: 'rtsp://127.0.0.1:5540/main',
  username: 'nigehban',
  password: 'of-a-test',
};
const sub: StreamSource = { ...main, key: 'sub', url: 'rtsp://127.0.0.1:5540/sub' };
const refused = new MediaError('AUTH_REFUSED', 'wrong password');
const lost = new MediaError('CONNECTION_LOST', 'gone');

test('a refusal by the camera holds all its streams for the time, and no other camera', () => {
  const logins = new RefusedLogins(dayMs);
  const [one, other] = [new LoginHold(logins, dayMs), new LoginHold(logins, dayMs)];
  expect(one.failed(main, refused, 1_000)).toBe(1_000 + dayMs);
  expect(other.heldUntilMs(sub, 2_000)).toBe(1_000 + dayMs);
  expect(other.heldUntilMs(sub, 1_000 + dayMs)).toBeUndefined();
  expect(other.heldUntilMs({ ...sub, url: 'rtsp://127.0.0.2:5540/sub' }, 2_000)).toBeUndefined();
});

test('another failure holds nothing, and lets the next stream of the camera offer its login', () => {
  const logins = new RefusedLogins(dayMs);
  const [one, other] = [new LoginHold(logins, dayMs), new LoginHold(logins, dayMs)];
  expect(one.enter(main, 0)).toBe(true);
  expect(other.enter(sub, 0)).toBe(false);
  expect(one.failed(main, lost, 10)).toBeUndefined();
  expect(other.enter(sub, 10)).toBe(true);
});

test('no login that could be refused: the refusal holds nothing', () => {
  const hold = new LoginHold(new RefusedLogins(dayMs), dayMs);
  const open: StreamSource = { ...main, username: undefined, password: undefined };
  expect(hold.failed(open, refused, 0)).toBeUndefined();
  expect(hold.heldUntilMs(open, 1)).toBeUndefined();
});

test('what the order says is held, is held for a day from when it was told', () => {
  const hold = new LoginHold(new RefusedLogins(dayMs), dayMs);
  const held = { ...main, held: true };
  expect(hold.heldUntilMs(held, 500)).toBe(500 + dayMs);
  expect(hold.heldUntilMs(held, 9_000)).toBe(500 + dayMs);
  expect(hold.heldUntilMs(held, 500 + dayMs)).toBeUndefined();
});

test('released, a refused login may be offered again; held anew, the day begins anew', () => {
  const hold = new LoginHold(new RefusedLogins(dayMs), dayMs);
  const held = { ...main, held: true };
  hold.failed(held, refused, 0);
  expect(hold.heldUntilMs(held, 10)).toBe(dayMs);
  expect(hold.update(held, main)).toBe('released');
  expect(hold.heldUntilMs(main, 20)).toBeUndefined();
  expect(hold.update(main, held)).toBe('unchanged');
  expect(hold.heldUntilMs(held, 30)).toBe(30 + dayMs);
  expect(hold.update(held, main)).toBe('released');
  expect(hold.heldUntilMs(held, 40)).toBe(40 + dayMs);
});

test('another password is not held, and what was open of the former one is open to others', () => {
  const logins = new RefusedLogins(dayMs);
  const [one, other] = [new LoginHold(logins, dayMs), new LoginHold(logins, dayMs)];
  one.enter(main, 0);
  const changed = { ...main, password: 'another' };
  expect(one.update(main, changed)).toBe('replaced');
  expect(other.enter(sub, 1)).toBe(true);
  expect(one.heldUntilMs(changed, 1)).toBeUndefined();
});
