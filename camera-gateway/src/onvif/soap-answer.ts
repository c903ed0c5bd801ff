import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';
import { namespaces } from './onvif-namespaces.ts';
import type { XmlElement } from './xml-reader.ts';

export type SoapAnswer =
  | { readonly kind: 'body'; readonly element: XmlElement }
  | { readonly kind: 'fault'; readonly fault: SoapFault };

/** A fault as the camera tells it. */
export interface SoapFault {
  /** Local names of code and subcodes, outermost first: `Sender`, `NotAuthorized`. */
  readonly codes: readonly string[];
  readonly reason: string;
}

/**
 * What an envelope carries: the body's first element, or its fault (SOAP 1.2 §5.4; SOAP 1.1 faults
 * are read too, because old firmware sends them). Throws CAMERA_ANSWER_INVALID for anything else.
 */
export function readSoapAnswer(root: XmlElement): SoapAnswer {
  const soap = root.uri;
  if (root.local !== 'Envelope' || (soap !== namespaces.soap12 && soap !== namespaces.soap11)) {
    throw new Fault('CAMERA_ANSWER_INVALID', 'The camera answers XML that is not SOAP');
  }
  const body = root.children.find((child) => child.local === 'Body' && child.uri === soap);
  const element = body?.children[0];
  if (element === undefined) {
    throw new Fault('CAMERA_ANSWER_INVALID', 'The camera answers SOAP without a body');
  }
  if (element.local !== 'Fault' || element.uri !== soap) return { kind: 'body', element };
  return { kind: 'fault', fault: soap === namespaces.soap12 ? fault12(element) : fault11(element) };
}

/** The coded fault for a SOAP fault (ONVIF Core §5.8.2). `operation` names the call. */
export function toFault(operation: string, fault: SoapFault): Fault {
  const subcode = fault.codes.at(-1) ?? 'Fault';
  const reason = fault.reason === '' ? '' : `: ${fault.reason}`;
  return new Fault(codeOf(fault), `${operation}: the camera reports ${subcode}${reason}`, {
    details: { operation, subcode },
  });
}

const refusals = new Set([
  'NotAuthorized',
  'OperationProhibited',
  'FailedAuthentication',
  'FailedCheck',
  'InvalidSecurity',
  'InvalidSecurityToken',
  'Unauthorized',
]);

const unsupported = new Set([
  'ActionNotSupported',
  'OptionalActionNotImplemented',
  'UnknownAction',
  'NotSupported',
  'ServiceNotSupported',
  'ActionMismatch',
]);

function codeOf(fault: SoapFault): FaultCode {
  if (fault.codes.some((code) => refusals.has(code))) return 'CAMERA_AUTH_REFUSED';
  if (fault.codes.some((code) => unsupported.has(code))) return 'CAMERA_OPERATION_UNSUPPORTED';
  // Firmware that puts everything under Sender tells the refusal in words alone.
  if (/not authori[sz]ed|unauthori[sz]ed|authentication (failed|error)/i.test(fault.reason)) {
    return 'CAMERA_AUTH_REFUSED';
  }
  if (/not (supported|implemented)/i.test(fault.reason)) return 'CAMERA_OPERATION_UNSUPPORTED';
  return 'CAMERA_FAULT';
}

function fault12(element: XmlElement): SoapFault {
  const codes: string[] = [];
  let code = soapChild(element, 'Code');
  while (code !== undefined && codes.length < 8) {
    const value = soapChild(code, 'Value');
    if (value !== undefined) codes.push(localOfQName(value.text));
    code = soapChild(code, 'Subcode');
  }
  const reason = soapChild(element, 'Reason');
  return { codes, reason: plain((reason && soapChild(reason, 'Text')?.text) ?? '') };
}

function fault11(element: XmlElement): SoapFault {
  const text = (local: string): string =>
    element.children.find((child) => child.local === local)?.text ?? '';
  return { codes: [localOfQName(text('faultcode'))], reason: plain(text('faultstring')) };
}

function soapChild(element: XmlElement, local: string): XmlElement | undefined {
  return element.children.find((child) => child.local === local && child.uri === element.uri);
}

/** SOAP 1.1 joins subcodes with dots (§4.4.1); the last says most. */
function localOfQName(text: string): string {
  const local = text.trim().split(/[:.]/).at(-1) ?? '';
  return plain(local).slice(0, 60);
}

/** One line of printable text, short enough to show. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
