import { createHash, randomBytes } from 'node:crypto';
import type { SimulatedCamera } from './camera.ts';
import { namespaces, parseXml, type XmlElement } from './onvif/soap.ts';

export interface OnvifReply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The first element in the SOAP body. */
  readonly body: XmlElement;
}

export interface OnvifCall {
  readonly service: 'tds' | 'trt' | 'tr2';
  readonly operation: string;
  readonly content?: string;
  /** No token at all with `null`. */
  readonly token?: { readonly password: string; readonly createdMs: number } | null;
}

/** The envelope of a call, with a UsernameToken unless the call says `null`. */
export function buildCall(camera: SimulatedCamera, call: OnvifCall): string {
  const token =
    call.token === undefined
      ? { password: camera.plan.password, createdMs: Date.now() }
      : call.token;
  let security = '';
  if (token !== null) {
    const nonce = randomBytes(16);
    const created = new Date(token.createdMs).toISOString();
    const digest = createHash('sha1')
      .update(nonce)
      .update(created + token.password)
      .digest('base64');
    const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
    security =
      `<w:Security xmlns:w="${profile}-wssecurity-secext-1.0.xsd"><w:UsernameToken>` +
      `<w:Username>${camera.plan.username}</w:Username>` +
      `<w:Password Type="${profile}-username-token-profile-1.0#PasswordDigest">${digest}</w:Password>` +
      `<w:Nonce>${nonce.toString('base64')}</w:Nonce><w:Created>${created}</w:Created>` +
      '</w:UsernameToken></w:Security>';
  }
  return (
    `<s:Envelope xmlns:s="${namespaces.s}"><s:Header>${security}</s:Header><s:Body>` +
    `<${call.operation} xmlns="${namespaces[call.service]}">${call.content ?? ''}</${call.operation}>` +
    '</s:Body></s:Envelope>'
  );
}

/** POSTs an envelope to the device service; the service is told by the namespace alone. */
export function post(camera: SimulatedCamera, envelope: string): Promise<Response> {
  const { address, httpPort } = camera.plan;
  return fetch(`http://${address}:${httpPort}/onvif/device_service`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/soap+xml; charset=utf-8' },
    body: envelope,
  });
}

/** Calls an operation and parses the answer. */
export async function callOnvif(camera: SimulatedCamera, call: OnvifCall): Promise<OnvifReply> {
  const response = await post(camera, buildCall(camera, call));
  const text = await response.text();
  const body = parseXml(text).children[0]?.children[0];
  if (body === undefined) throw new Error('the answer has no body');
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    text,
    body,
  };
}
