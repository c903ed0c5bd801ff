import { expect, test } from 'vitest';
import { readSoapAnswer, toFault } from './soap-answer.ts';
import { buildEnvelope, buildUsernameToken, escapeXml, passwordDigest } from './soap-envelope.ts';
import { parseXml } from './xml-reader.ts';

test('a value survives the envelope whatever it holds', () => {
  const value = `a<b>&"'c]]>\r\n\t é لاہور 😀 </s:Body>`;
  const root = parseXml(buildEnvelope(`<tds:X>${escapeXml(value)}</tds:X>`));
  const answer = readSoapAnswer(root);
  expect(answer).toMatchObject({ kind: 'body', element: { local: 'X', text: value } });
  expect(() => escapeXml('a\u0000')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  expect(() => escapeXml('\ud800')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});

const nonce = Buffer.from('LKqI6G/AikKCQrN0zqZFlg==', 'base64');

test('the password digest is that of the ONVIF Application Programmer’s Guide', () => {
  expect(passwordDigest(nonce, '2010-09-16T07:50:45Z', 'userpassword')).toBe(
    'tuOSpGlFlIXsozq4HFNeeGeFLEI=',
  );
});

test('a token carries the name escaped, the digest, and no password', () => {
  const token = buildUsernameToken(
    { username: 'user<&>', password: 'userpassword' },
    nonce,
    Date.parse('2010-09-16T07:50:45Z'),
  );
  expect(token).toContain('<wsu:Created>2010-09-16T07:50:45.000Z</wsu:Created>');
  expect(token).toContain('user&#60;&#38;&#62;');
  expect(token).toContain(passwordDigest(nonce, '2010-09-16T07:50:45.000Z', 'userpassword'));
  expect(token).not.toContain('userpassword');
});

const vendorFaults = [
  [
    'SOAP 1.2 with nested subcodes',
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body><SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:InvalidArgVal</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:NoProfile</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">no such profile</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
    'CAMERA_FAULT',
    'NoProfile',
  ],
  [
    'refusal by subcode',
    `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value xmlns:e="http://www.onvif.org/ver10/error">e:NotAuthorized</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">Sender not Authorized</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>`,
    'CAMERA_AUTH_REFUSED',
    'NotAuthorized',
  ],
  [
    'refusal in words alone',
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>The action requested requires authorization and the sender is not authorized</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`,
    'CAMERA_AUTH_REFUSED',
    'Sender',
  ],
  [
    'SOAP 1.1 by old firmware',
    `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault><faultcode>soapenv:Client.ActionNotSupported</faultcode><faultstring>\n  Optional action\u0009not implemented </faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
    'CAMERA_OPERATION_UNSUPPORTED',
    'ActionNotSupported',
  ],
  [
    'missing action',
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value></s:Subcode></s:Code><s:Reason><s:Text/></s:Reason></s:Fault></s:Body></s:Envelope>`,
    'CAMERA_OPERATION_UNSUPPORTED',
    'ActionNotSupported',
  ],
] as const;

test.each(vendorFaults)('tells the fault of %s', (_name, text, code, subcode) => {
  const answer = readSoapAnswer(parseXml(text));
  if (answer.kind !== 'fault') throw new Error('no fault was read');
  const fault = toFault('GetStreamUri', answer.fault);
  expect(fault.code).toBe(code);
  expect(fault.details).toEqual({ operation: 'GetStreamUri', subcode });
  expect(fault.message).not.toMatch(/[\n\t]/);
});

test.each([
  ['another namespace', '<Envelope xmlns="urn:x"><Body/></Envelope>'],
  ['no body', '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>'],
  [
    'an empty body',
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
  ],
  ['a web page', '<html><body><p/></body></html>'],
])('refuses %s', (_name, text) => {
  expect(() => readSoapAnswer(parseXml(text))).toThrow(
    expect.objectContaining({ code: 'CAMERA_ANSWER_INVALID' }),
  );
});
