import { Fault } from '@nigehban/domain/faults.ts';
import { onvifNamespaceStart } from './onvif-namespaces.ts';
import type { XmlElement } from './xml-reader.ts';

/**
 * Children of an ONVIF element by local name. Firmware disagrees about the namespace of children
 * (`tt`, `trt`, `tr2`), so any namespace of ONVIF passes and no other does.
 */
export function childrenNamed(element: XmlElement, local: string): readonly XmlElement[] {
  return element.children.filter(
    (child) => child.local === local && child.uri.startsWith(onvifNamespaceStart),
  );
}

/** First descendant along the path of local names, or undefined. */
export function find(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  let at: XmlElement | undefined = element;
  for (const local of path) {
    if (at === undefined) return undefined;
    at = childrenNamed(at, local)[0];
  }
  return at;
}

/** Trimmed text at the path; undefined when there is none or it is empty. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | undefined {
  const text = find(element, ...path)?.text.trim();
  return text === undefined || text === '' ? undefined : text;
}

/** Text at the path; throws CAMERA_ANSWER_INVALID naming it when it is missing. */
export function requiredTextAt(element: XmlElement, ...path: readonly string[]): string {
  const text = textAt(element, ...path);
  if (text === undefined) throw missing(element, path);
  return text;
}

/** Whole number ≥ 0 at the path; undefined when there is none, CAMERA_ANSWER_INVALID when it is not one. */
export function integerAt(element: XmlElement, ...path: readonly string[]): number | undefined {
  const text = textAt(element, ...path);
  if (text === undefined) return undefined;
  if (!/^\+?\d{1,9}$/.test(text)) {
    throw new Fault(
      'CAMERA_ANSWER_INVALID',
      `${element.local}/${path.join('/')} is not a whole number`,
    );
  }
  return Number(text);
}

/** Decimal number ≥ 0 at the path, to thousandths (Media 2 gives rates as floats); undefined when there is none. */
export function decimalAt(element: XmlElement, ...path: readonly string[]): number | undefined {
  const text = textAt(element, ...path);
  if (text === undefined) return undefined;
  if (!/^\+?\d{1,9}(\.\d{1,30})?$/.test(text)) {
    throw new Fault('CAMERA_ANSWER_INVALID', `${element.local}/${path.join('/')} is not a number`);
  }
  return Math.round(Number(text) * 1000) / 1000;
}

/** xs:boolean attribute or text. */
export function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

export function missing(element: XmlElement, path: readonly string[]): Fault {
  return new Fault('CAMERA_ANSWER_INVALID', `${element.local} lacks ${path.join('/')}`);
}

/** Children by local name in any namespace: notifications mix four standards, and firmware mixes them up. */
export function namedAnywhere(element: XmlElement, local: string): readonly XmlElement[] {
  return element.children.filter((child) => child.local === local);
}

/** First descendant along the path of local names, in any namespace. */
export function descend(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  let at: XmlElement | undefined = element;
  for (const local of path) {
    if (at === undefined) return undefined;
    at = namedAnywhere(at, local)[0];
  }
  return at;
}
