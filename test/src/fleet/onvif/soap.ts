import { SaxesParser } from 'saxes';
import type { CameraModel, OnvifPrefix } from '../camera-models.ts';

export const namespaces: Readonly<Record<OnvifPrefix, string>> = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tt: 'http://www.onvif.org/ver10/schema',
  ter: 'http://www.onvif.org/ver10/error',
};

const soap11Namespace = 'http://schemas.xmlsoap.org/soap/envelope/';

const securityNamespace =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';

/** An XML element: expanded name, attributes by local name, own text and child elements. */
export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** The tokens of a WS-Security UsernameToken as the client sent them. */
export interface UsernameToken {
  readonly username: string;
  readonly password: string;
  readonly passwordType: string;
  readonly nonce: string;
  readonly created: string;
}

export interface SoapRequest {
  readonly operation: string;
  readonly operationNamespace: string;
  readonly body: XmlElement;
  readonly token: UsernameToken | null;
  /** wsa:Action of the header; empty when there is none. */
  readonly action: string;
  /** The reference parameter that some vendors tell subscriptions by; empty when there is none. */
  readonly subscriptionId: string;
}

/** Resolving namespaces costs more with each level: an unbounded depth is a way to hang us. */
const maxDepth = 64;

/** Parses a document into elements. Throws on anything that is not well-formed or too deep XML. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | null = null;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('a document type is not allowed');
  });
  parser.on('opentag', (tag) => {
    if (open.length >= maxDepth) throw new Error('the document is nested too deeply');
    const element: XmlElement = {
      uri: tag.uri,
      local: tag.local,
      attributes: new Map(
        Object.values(tag.attributes).map((attribute) => [attribute.local, attribute.value]),
      ),
      children: [],
      text: '',
    };
    const parent = open.at(-1);
    if (parent === undefined) root ??= element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on('text', (part) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(text).close();
  if (root === null) throw new Error('the document is empty');
  return root;
}

export function childNamed(element: XmlElement | undefined, local: string): XmlElement | undefined {
  return element?.children.find((child) => child.local === local);
}

/** The trimmed text of the first descendant reached by these local names, or `''`. */
export function textAt(element: XmlElement | undefined, ...path: string[]): string {
  let current = element;
  for (const local of path) current = childNamed(current, local);
  return current?.text.trim() ?? '';
}

/** Reads a SOAP 1.2 request. Throws on malformed XML and on what is not a SOAP 1.2 envelope. */
export function parseSoapRequest(text: string): SoapRequest {
  const envelope = parseXml(text);
  if (envelope.local !== 'Envelope' || envelope.uri !== namespaces.s) {
    throw new Error('not a SOAP 1.2 envelope');
  }
  const body = childNamed(envelope, 'Body')?.children[0];
  if (body === undefined) throw new Error('the SOAP body is empty');
  const header = childNamed(envelope, 'Header');
  const security = childNamed(header, 'Security');
  const token = security?.children.find(
    (child) => child.local === 'UsernameToken' && child.uri === securityNamespace,
  );
  return {
    operation: body.local,
    operationNamespace: body.uri,
    body,
    action: textAt(header, 'Action'),
    subscriptionId: textAt(header, 'SubscriptionId'),
    token:
      token === undefined
        ? null
        : {
            username: textAt(token, 'Username'),
            password: textAt(token, 'Password'),
            passwordType: childNamed(token, 'Password')?.attributes.get('Type') ?? '',
            nonce: textAt(token, 'Nonce'),
            created: textAt(token, 'Created'),
          },
  };
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A SOAP fault as ONVIF Core §5.11.2 writes it: sender or receiver, and ONVIF subcodes. */
export class SoapFault extends Error {
  readonly code: 'Sender' | 'Receiver';
  readonly subcodes: readonly string[];

  constructor(code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string) {
    super(reason);
    this.code = code;
    this.subcodes = subcodes;
  }
}

function subcode(names: readonly string[]): string {
  const [name, ...rest] = names;
  if (name === undefined) return '';
  return `<s:Subcode><s:Value>ter:${name}</s:Value>${subcode(rest)}</s:Subcode>`;
}

export function faultBody(fault: SoapFault, version: '1.1' | '1.2' = '1.2'): string {
  if (version === '1.1') {
    const code = fault.code === 'Sender' ? 'Client' : 'Server';
    const detail = fault.subcodes.map((name) => `ter:${name}`).join(' ');
    return (
      `<s:Fault><faultcode>s:${code}</faultcode><faultstring>${escapeXml(fault.message)}` +
      `</faultstring><detail>${detail}</detail></s:Fault>`
    );
  }
  return (
    `<s:Fault><s:Code><s:Value>s:${fault.code}</s:Value>${subcode(fault.subcodes)}</s:Code>` +
    `<s:Reason><s:Text xml:lang="en">${escapeXml(fault.message)}</s:Text></s:Reason></s:Fault>`
  );
}

/**
 * A whole answer in a vendor's dialect: `body` is written with the prefixes s, tds, trt, tr2, tt
 * and ter, which are exchanged for those of the model in tags and in qualified names.
 */
export function composeEnvelope(model: CameraModel, body: string): string {
  const { prefixes } = model.onvif;
  const is11 = body.includes('<faultcode>');
  const dialect = (prefix: string) =>
    Object.entries(prefixes).find(([canonical]) => canonical === prefix)?.[1] ?? prefix;
  const declarations = Object.entries(namespaces).map(
    ([canonical, uri]) =>
      `xmlns:${dialect(canonical)}="${is11 && canonical === 's' ? soap11Namespace : uri}"`,
  );
  const translated = `<s:Envelope><s:Body>${body}</s:Body></s:Envelope>`.replace(
    /(<\/?|>)(s|tds|trt|tr2|tt|ter):(?=[A-Z])/g,
    (_, opening: string, prefix: string) => `${opening}${dialect(prefix)}:`,
  );
  const root = `<${prefixes.s}:Envelope`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    translated.replace(root, `${root} ${declarations.join(' ')}`)
  );
}
