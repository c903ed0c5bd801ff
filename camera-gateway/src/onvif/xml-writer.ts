import { namespaces } from './onvif-namespaces.ts';
import { escapeXml } from './soap-envelope.ts';
import type { XmlElement } from './xml-reader.ts';

/**
 * An element that a camera gave, as XML to send back to it: what we do not understand of it stays.
 * Elements of ONVIF's schema get the prefix `tt`, a vendor's own carry their namespace.
 */
export function writeElement(element: XmlElement): string {
  return `<${open(element)}>${escapeXml(element.text.trim())}${element.children
    .map(writeElement)
    .join('')}</${nameOf(element)}>`;
}

/** The same as {@link writeElement} under another qualified name. */
export function writeElementAs(name: string, element: XmlElement): string {
  return `<${name}${attributesOf(element)}>${escapeXml(element.text.trim())}${element.children
    .map(writeElement)
    .join('')}</${name}>`;
}

/** A copy whose text at the path is another; elements that are missing are added at the end. */
export function withText(element: XmlElement, path: readonly string[], text: string): XmlElement {
  const [local, ...rest] = path;
  if (local === undefined) return { ...element, text };
  const index = element.children.findIndex((child) => child.local === local);
  const child = element.children[index] ?? emptyElement(local);
  const changed = withText(child, rest, text);
  const children =
    index < 0
      ? [...element.children, changed]
      : element.children.map((one, at) => (at === index ? changed : one));
  return { ...element, children };
}

export function withAttribute(element: XmlElement, name: string, value: string): XmlElement {
  return { ...element, attributes: new Map([...element.attributes, [name, value]]) };
}

function emptyElement(local: string): XmlElement {
  return { uri: namespaces.schema, local, attributes: new Map(), children: [], text: '' };
}

function isVendors(element: XmlElement): boolean {
  return !element.uri.startsWith('http://www.onvif.org/') && element.uri !== '';
}

function nameOf(element: XmlElement): string {
  return isVendors(element) ? element.local : `tt:${element.local}`;
}

function open(element: XmlElement): string {
  const own = isVendors(element) ? ` xmlns="${escapeXml(element.uri)}"` : '';
  return `${nameOf(element)}${own}${attributesOf(element)}`;
}

function attributesOf(element: XmlElement): string {
  return [...element.attributes]
    .filter(([name]) => name !== 'xmlns' && !name.startsWith('xmlns:'))
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}
