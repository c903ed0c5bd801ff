import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildProbe, mergeDiscovered, parseProbeMatches } from './probe-match.ts';

const messageId = 'urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a';

function match(
  reference: string,
  xaddrs: string,
  types = 'q:NetworkVideoTransmitter q:Device',
): string {
  return (
    `<w:ProbeMatch><ad:EndpointReference><ad:Address>${reference}</ad:Address></ad:EndpointReference>` +
    `<w:Types>${types}</w:Types><w:Scopes> onvif://www.onvif.org/name/A%20B\n onvif://www.onvif.org/hardware/X </w:Scopes>` +
    `<w:XAddrs>${xaddrs}</w:XAddrs><w:MetadataVersion>1</w:MetadataVersion></w:ProbeMatch>`
  );
}

function datagram(matches: string, relatesTo = messageId): Buffer {
  return Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"' +
      ' xmlns:ad="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
      ' xmlns:w="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:q="http://www.onvif.org/ver10/network/wsdl">' +
      `<S:Header><ad:RelatesTo>${relatesTo}</ad:RelatesTo></S:Header>` +
      `<S:Body><w:ProbeMatches>${matches}</w:ProbeMatches></S:Body></S:Envelope>`,
  );
}

test('reads every match of a datagram', () => {
  const bytes = datagram(
    match('urn:uuid:1', 'http://192.0.2.7/onvif/device_service') +
      match('urn:uuid:2', 'http://192.0.2.7:8000/onvif/device_service'),
  );
  expect(parseProbeMatches(bytes, '192.0.2.7', messageId)).toEqual([
    {
      address: '192.0.2.7',
      onvifPort: 80,
      path: '/onvif/device_service',
      endpointReference: 'urn:uuid:1',
      scopes: ['onvif://www.onvif.org/name/A%20B', 'onvif://www.onvif.org/hardware/X'],
    },
    expect.objectContaining({ onvifPort: 8000, endpointReference: 'urn:uuid:2' }),
  ]);
});

test('the address is where the datagram came from, whatever it names', () => {
  const forged = datagram(match('urn:uuid:1', 'http://10.0.0.9:8080/onvif/device_service'));
  expect(parseProbeMatches(forged, '192.0.2.7', messageId)).toMatchObject([
    { address: '192.0.2.7', onvifPort: 8080 },
  ]);
  const several = datagram(
    match('urn:uuid:1', 'http://169.254.1.1:81/a http://[fe80::1]/b http://192.0.2.7:82/c'),
  );
  expect(parseProbeMatches(several, '192.0.2.7', messageId)).toMatchObject([
    { address: '192.0.2.7', onvifPort: 82, path: '/c' },
  ]);
});

test.each([
  [
    'an answer to another probe',
    datagram(match('urn:uuid:1', 'http://192.0.2.7/'), 'urn:uuid:other'),
  ],
  ['a printer', datagram(match('urn:uuid:1', 'http://192.0.2.7/', 'q:PrintDeviceType'))],
  ['no usable address', datagram(match('urn:uuid:1', 'https://192.0.2.7/ ftp://x/ :::'))],
  ['the probe itself', Buffer.from(buildProbe(messageId))],
  ['nothing', Buffer.alloc(0)],
  ['a cut datagram', datagram(match('urn:uuid:1', 'http://192.0.2.7/')).subarray(0, 400)],
])('%s gives no camera', (_name, bytes) => {
  expect(parseProbeMatches(bytes, '192.0.2.7', messageId)).toEqual([]);
});

test('duplicates are one camera; another address or reference is another entry', () => {
  const camera = (endpointReference: string, address: string) => ({
    address,
    onvifPort: 80,
    path: '/',
    endpointReference,
    scopes: [],
  });
  expect(
    mergeDiscovered([camera('u1', 'a'), camera('u1', 'a'), camera('u1', 'b'), camera('u2', 'a')]),
  ).toEqual([camera('u1', 'a'), camera('u1', 'b'), camera('u2', 'a')]);
});

test('no datagram throws, and none moves the address', () => {
  const good = datagram(match('urn:uuid:1', 'http://192.0.2.7/onvif/device_service'));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 600 }),
        // A good answer with some bytes changed, and with a piece taken out.
        fc
          .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 })
          .map((changes) => {
            const bytes = Buffer.from(good);
            for (const [at, value] of changes) bytes[at] = value;
            return bytes;
          }),
        fc
          .tuple(fc.nat(good.length), fc.nat(40))
          .map(([at, length]) => Buffer.concat([good.subarray(0, at), good.subarray(at + length)])),
      ),
      (bytes) => {
        for (const camera of parseProbeMatches(bytes, '192.0.2.7', messageId)) {
          expect(camera.address).toBe('192.0.2.7');
          expect(camera.onvifPort).toBeGreaterThan(0);
          expect(camera.onvifPort).toBeLessThan(65_536);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
