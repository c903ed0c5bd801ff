import type { RecipientTarget } from '@nigehban/domain/api/notice-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';

/** Checks a target's form. @throws Fault REQUEST_INVALID that repeats no secret */
export function checkTarget(target: RecipientTarget): void {
  switch (target.kind) {
    case 'webhook': {
      const url = URL.canParse(target.url) ? new URL(target.url) : null;
      if (url === null || !['http:', 'https:'].includes(url.protocol)) {
        throw invalid('target.url is not a URL that begins with https:// or http://');
      }
      if (url.username !== '' || url.password !== '') {
        throw invalid('target.url holds a password: sign-in by URL is not supported');
      }
      if (target.secret.length < 8) throw invalid('target.secret is shorter than 8 characters');
      return;
    }
    case 'smtp':
      if (!/^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,190}$/.test(target.address)) {
        throw invalid('target.address is no mail address');
      }
      return;
    case 'sms':
      if (!/^\+?[0-9]{6,15}$/.test(target.number)) {
        throw invalid('target.number is no telephone number: digits with + before them');
      }
      return;
    case 'push':
      if (target.username.trim() === '') throw invalid('target.username is missing');
      return;
  }
}

/** Enough of a target to recognise it by; keys in a URL's path stay unseen. */
export function hintOf(target: RecipientTarget): string {
  switch (target.kind) {
    case 'webhook':
      return new URL(target.url).origin;
    case 'smtp': {
      const [name = '', host = ''] = target.address.split('@');
      return `${name.slice(0, 2)}…@${host}`;
    }
    case 'sms':
      return `…${target.number.slice(-4)}`;
    case 'push':
      return target.username;
  }
}

function invalid(message: string): Fault {
  return new Fault('REQUEST_INVALID', message);
}
