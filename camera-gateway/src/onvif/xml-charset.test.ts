import { expect, test } from 'vitest';
import { createXmlDecoder } from './xml-charset.ts';

function decode(contentType: string | undefined, bytes: Uint8Array, piece = bytes.length): string {
  const decoder = createXmlDecoder(contentType);
  let text = '';
  for (let at = 0; at < bytes.length; at += Math.max(1, piece)) {
    text += decoder.write(bytes.subarray(at, at + Math.max(1, piece)));
  }
  return text + decoder.end();
}

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

test.each([
  ['UTF-8 by default', undefined, Buffer.from('<a>Lahore لاہور</a>'), '<a>Lahore لاہور</a>'],
  ['UTF-8 with a mark', undefined, Buffer.from('\ufeff<a>é</a>'), '<a>é</a>'],
  [
    'ISO-8859-1 by content type',
    'text/xml; charset="ISO-8859-1"',
    Buffer.from('<a>é</a>', 'latin1'),
    '<a>é</a>',
  ],
  [
    'ISO-8859-1 by declaration',
    'text/xml',
    Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>', 'latin1'),
    '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>',
  ],
  ['UTF-16 with a mark', undefined, Buffer.from('\ufeff<a>é</a>', 'utf16le'), '<a>é</a>'],
  ['UTF-16 big-endian with a mark', undefined, utf16be('\ufeff<a>é</a>'), '<a>é</a>'],
  ['UTF-16 without a mark', undefined, utf16be('<a>é</a>'), '<a>é</a>'],
])('reads %s, in any pieces', (_name, contentType, bytes, text) => {
  for (const piece of [1, 2, 3, bytes.length]) expect(decode(contentType, bytes, piece)).toBe(text);
});

test.each([
  ['bytes that are not UTF-8', undefined, Buffer.from('<a>é</a>', 'latin1')],
  ['a character cut in two', undefined, Buffer.from('<a>é').subarray(0, 4)],
  ['another charset', 'text/xml; charset=gb2312', Buffer.from('<a/>')],
  [
    'another charset by declaration',
    undefined,
    Buffer.from('<?xml version="1.0" encoding="IBM037"?><a/>'),
  ],
])('refuses %s', (_name, contentType, bytes) => {
  expect(() => decode(contentType, bytes)).toThrow(
    expect.objectContaining({ code: 'CAMERA_ANSWER_INVALID' }),
  );
});
