import { createHash } from 'node:crypto';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { namespaces } from './onvif-namespaces.ts';

const passwordDigestType =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
const base64Encoding =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary';

/** Characters that XML 1.0 §2.2 knows; all others cannot be sent even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/** Text for an element or a quoted attribute. Throws REQUEST_INVALID for what XML cannot carry. */
export function escapeXml(text: string): string {
  if (notXml.test(text)) {
    throw new Fault('REQUEST_INVALID', 'A value for the camera holds a control character');
  }
  return text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * SOAP 1.2 envelope around a body. `body` is XML made with {@link escapeXml}; its prefixes are
 * `tds`, `trt`, `tr2` and `tt`. `header` is XML as of {@link buildUsernameToken}, or empty.
 */
export function buildEnvelope(body: string, header = ''): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${namespaces.soap12}"` +
    ` xmlns:tds="${namespaces.device}" xmlns:trt="${namespaces.media}"` +
    ` xmlns:tr2="${namespaces.media2}" xmlns:tt="${namespaces.schema}">` +
    (header === '' ? '' : `<s:Header>${header}</s:Header>`) +
    `<s:Body>${body}</s:Body></s:Envelope>`
  );
}

/**
 * WS-Security UsernameToken with {@link passwordDigest}. `createdMs` is the time by the camera's own clock.
 */
export function buildUsernameToken(
  credentials: CameraCredentials,
  nonce: Uint8Array,
  createdMs: number,
): string {
  const created = new Date(createdMs).toISOString();
  const digest = passwordDigest(nonce, created, credentials.password);
  return (
    `<wsse:Security s:mustUnderstand="1" xmlns:wsse="${namespaces.security}"` +
    ` xmlns:wsu="${namespaces.securityUtility}"><wsse:UsernameToken>` +
    `<wsse:Username>${escapeXml(credentials.username)}</wsse:Username>` +
    `<wsse:Password Type="${passwordDigestType}">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${base64Encoding}">${Buffer.from(nonce).toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}

/** Base64(SHA-1(nonce + created + password)), UsernameToken Profile 1.0 §3.1. */
export function passwordDigest(nonce: Uint8Array, created: string, password: string): string {
  return createHash('sha1')
    .update(nonce)
    .update(created, 'utf8')
    .update(password, 'utf8')
    .digest('base64');
}
