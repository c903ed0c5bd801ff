import { expect, test } from 'vitest';
import { isMatch, parseProbe } from './discovery.ts';

function probe(content: string): Buffer {
  return Buffer.from(
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
      'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">' +
      '<s:Header><a:MessageID>uuid:1</a:MessageID></s:Header><s:Body>' +
      `<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">${content}</d:Probe>` +
      '</s:Body></s:Envelope>',
  );
}

const scopes = ['onvif://www.onvif.org/hardware/KV-2100', 'onvif://www.onvif.org/location/X'];

test.each([
  ['', true],
  ['<d:Types/>', true],
  ['<d:Types xmlns:dn="n">dn:NetworkVideoTransmitter</d:Types>', true],
  ['<d:Types xmlns:x="n">x:Printer</d:Types>', false],
  ['<d:Scopes>onvif://www.onvif.org/hardware/KV-2100</d:Scopes>', true],
  ['<d:Scopes>onvif://www.onvif.org/hardware/NL</d:Scopes>', false],
])('%s is answered: %s', (content, isAnswered) => {
  const parsed = parseProbe(probe(content));
  if (parsed === null) throw new Error('not a probe');
  expect(parsed.messageId).toBe('uuid:1');
  expect(isMatch(parsed, scopes)).toBe(isAnswered);
});

test('other datagrams are not probes', () => {
  expect(parseProbe(Buffer.from('hello'))).toBeNull();
  expect(parseProbe(Buffer.alloc(9000, 60))).toBeNull();
  expect(parseProbe(Buffer.from(probe('').toString().replaceAll('d:Probe', 'd:Hello')))).toBeNull();
});
