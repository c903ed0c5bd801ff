import { expect, test } from 'vitest';
import { cameraModels } from '../camera-models.ts';
import {
  composeEnvelope,
  faultBody,
  parseSoapRequest,
  parseXml,
  SoapFault,
  textAt,
} from './soap.ts';
import { UsernameTokenCheck } from './username-token.ts';

const security =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';

const request = `<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope">
  <e:Header><w:Security xmlns:w="${security}"><w:UsernameToken><w:Username>user</w:Username>
  <w:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">tuOSpGlFlIXsozq4HFNeeGeFLEI=</w:Password>
  <w:Nonce>LKqI6G/AikKCQrN0zqZFlg==</w:Nonce><w:Created>2010-09-16T07:50:45Z</w:Created>
  </w:UsernameToken></w:Security></e:Header>
  <e:Body><GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl"><ProfileToken> P&amp;1 </ProfileToken>
  </GetStreamUri></e:Body></e:Envelope>`;

test('reads operation, arguments and token whatever the prefixes', () => {
  const soap = parseSoapRequest(request);
  expect(soap.operation).toBe('GetStreamUri');
  expect(soap.operationNamespace).toBe('http://www.onvif.org/ver10/media/wsdl');
  expect(textAt(soap.body, 'ProfileToken')).toBe('P&1');
  expect(soap.token?.username).toBe('user');
});

test("the digest of the ONVIF programmer's guide is accepted, once, near the camera's clock", () => {
  const token = parseSoapRequest(request).token;
  if (token === null) throw new Error('no token');
  const user = { username: 'user', password: 'userpassword' };
  const clockMs = Date.UTC(2010, 8, 16, 7, 50, 45);
  const check = new UsernameTokenCheck(60_000);
  expect(check.accepts(token, user, clockMs + 61_000)).toBe(false);
  expect(check.accepts(token, { ...user, password: 'other' }, clockMs)).toBe(false);
  expect(check.accepts(token, user, clockMs + 59_000)).toBe(true);
  expect(check.accepts(token, user, clockMs)).toBe(false);
});

test.each([
  ['', /./],
  ['<a><b></a>', /./],
  ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /document type/],
  ['<a/>', /SOAP 1.2/],
  ['<a>'.repeat(80_000), /too deeply/],
])('%j is refused', (text, reason) => {
  expect(() => parseSoapRequest(text)).toThrow(reason);
});

test.each(cameraModels.map((model) => [model.name, model] as const))(
  'an answer of %s has its own prefixes and the right namespaces',
  (_, model) => {
    const body = `<tds:XResponse><tt:Y a="1">s:t</tt:Y></tds:XResponse>`;
    const envelope = parseXml(composeEnvelope(model, body));
    expect(envelope.uri).toBe('http://www.w3.org/2003/05/soap-envelope');
    const answer = envelope.children[0]?.children[0];
    expect(answer?.uri).toBe('http://www.onvif.org/ver10/device/wsdl');
    expect(answer?.children[0]?.uri).toBe('http://www.onvif.org/ver10/schema');
    expect(textAt(answer, 'Y')).toBe('s:t');
    const fault = composeEnvelope(
      model,
      faultBody(new SoapFault('Sender', ['InvalidArgVal', 'NoProfile'], 'a < b')),
    );
    expect(fault).toContain(`>${model.onvif.prefixes.ter}:NoProfile<`);
    expect(fault).toContain(`>${model.onvif.prefixes.s}:Sender<`);
  },
);
