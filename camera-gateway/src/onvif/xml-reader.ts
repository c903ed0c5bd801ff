import { Fault } from '@nigehban/domain/faults.ts';
import { SaxesParser } from 'saxes';

/** An element with its namespace resolved; prefixes are gone. */
export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  /** Attributes without a namespace, by name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA directly inside, untrimmed. */
  readonly text: string;
}

/** How much of a camera's XML is read before it is refused. */
export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
  readonly attributesPerElement: number;
  /** Characters of text directly inside one element. */
  readonly textLength: number;
  /** Characters of one attribute's value. */
  readonly attributeLength: number;
  /** Characters of the whole document. */
  readonly length: number;
}

export const onvifXmlLimits: XmlLimits = {
  depth: 64,
  elements: 20_000,
  attributesPerElement: 256,
  textLength: 64 * 1024,
  attributeLength: 8 * 1024,
  length: 1024 * 1024,
};

/** A document being read piece by piece. */
export interface XmlReader {
  /** Takes the next characters. Throws CAMERA_ANSWER_INVALID or CAMERA_ANSWER_TOO_LARGE. */
  write(text: string): void;
  /** Ends the document and gives its root; throws CAMERA_ANSWER_INVALID when it is not whole. */
  end(): XmlElement;
}

interface OpenElement {
  readonly uri: string;
  readonly local: string;
  readonly attributes: Map<string, string>;
  readonly children: OpenElement[];
  text: string;
}

const noAttributes: Map<string, string> = new Map();

/**
 * A strict streaming reader (XML 1.0 with Namespaces). DOCTYPE is refused as soon as it begins to
 * mean something, so no entity but the five predefined ones and character references exists.
 * Every limit is checked while reading: what is refused has cost no more than its limit.
 */
export function createXmlReader(limits: XmlLimits = onvifXmlLimits): XmlReader {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let depth = 0;
  let elements = 0;
  let attributes = 0;
  let length = 0;

  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element === undefined) return;
    if (element.text.length + text.length > limits.textLength) throw tooLarge('text');
    element.text += text;
  };

  parser.on('error', (error) => {
    throw invalid(error.message);
  });
  parser.on('doctype', () => {
    throw invalid('DOCTYPE is not allowed');
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    depth += 1;
    elements += 1;
    if (depth > limits.depth) throw invalid(`nested deeper than ${limits.depth}`);
    if (elements > limits.elements) throw tooLarge('number of elements');
  });
  parser.on('attribute', (attribute) => {
    attributes += 1;
    if (attributes > limits.attributesPerElement) throw tooLarge('number of attributes');
    if (attribute.value.length > limits.attributeLength) throw tooLarge('attribute');
  });
  parser.on('opentag', (tag) => {
    const plain = Object.values(tag.attributes).filter((attribute) => attribute.uri === '');
    const element: OpenElement = {
      uri: tag.uri,
      local: tag.local,
      attributes:
        plain.length === 0
          ? noAttributes
          : new Map(plain.map((attribute) => [attribute.local, attribute.value])),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
    depth -= 1;
  });
  parser.on('text', addText);
  parser.on('cdata', addText);

  return {
    write(text) {
      length += text.length;
      if (length > limits.length) throw tooLarge('document');
      parser.write(text);
    },
    end() {
      parser.close();
      if (root === undefined) throw invalid('no element');
      return root;
    },
  };
}

/** Reads a whole document; throws as {@link XmlReader}. */
export function parseXml(text: string, limits: XmlLimits = onvifXmlLimits): XmlElement {
  const reader = createXmlReader(limits);
  reader.write(text);
  return reader.end();
}

function invalid(reason: string): Fault {
  return new Fault('CAMERA_ANSWER_INVALID', `The camera's XML is not valid: ${clip(reason)}`);
}

function tooLarge(what: string): Fault {
  return new Fault('CAMERA_ANSWER_TOO_LARGE', `The camera's XML is too large: ${what}`);
}

/** The parser quotes what it read: only its plain beginning is repeated. */
function clip(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
