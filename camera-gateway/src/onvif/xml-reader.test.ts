import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createXmlReader, parseXml, type XmlElement } from './xml-reader.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
  return 'no fault';
}

test('resolves namespaces whatever the prefixes and whatever the pieces', () => {
  const text =
    '<?xml version="1.0"?><a:r xmlns:a="urn:1" q="1"><b xmlns="urn:2" a:q="2">x&amp;<![CDATA[<y>]]></b></a:r>';
  const whole = parseXml(text);
  expect(whole.uri).toBe('urn:1');
  expect(whole.attributes.get('q')).toBe('1');
  expect(whole.children[0]).toMatchObject({ uri: 'urn:2', local: 'b', text: 'x&<y>' });
  expect(whole.children[0]?.attributes.size).toBe(0);
  const pieces = createXmlReader();
  for (const character of text) pieces.write(character);
  expect(pieces.end()).toEqual(whole);
});

test.each([
  ['DOCTYPE', '<!DOCTYPE a><a/>'],
  [
    'entity bomb',
    '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><l>&b;&b;&b;</l>',
  ],
  ['external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ['undeclared entity', '<a>&x;</a>'],
  ['entity named like a member of objects', '<a>&constructor;</a>'],
  ['character reference out of range', '<a>&#x110000;</a>'],
  ['truncated', '<a><b>'],
  ['mismatched', '<a><b></a></b>'],
  ['unbound prefix', '<a:b/>'],
  ['two roots', '<a/><b/>'],
  ['nothing', ''],
  ['no XML', 'HTTP/1.1 200 OK'],
  ['attribute twice', '<a b="1" b="2"/>'],
])('refuses %s', (_name, text) => {
  expect(codeOf(() => parseXml(text))).toBe('CAMERA_ANSWER_INVALID');
});

test('names that could reach the prototype are plain data', () => {
  const root = parseXml('<__proto__ constructor="1" __proto__="2"><toString/></__proto__>');
  expect(root.local).toBe('__proto__');
  expect(root.attributes.get('constructor')).toBe('1');
  expect(({} as Record<string, unknown>).constructor).toBe(Object);
});

test('refuses above each limit, and takes what is at it', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  expect(parseXml(nested(64)).local).toBe('a');
  expect(codeOf(() => parseXml(nested(65)))).toBe('CAMERA_ANSWER_INVALID');
  const many = (count: number): string => `<r>${'<a/>'.repeat(count - 1)}</r>`;
  expect(parseXml(many(20_000)).children.length).toBe(19_999);
  expect(codeOf(() => parseXml(many(20_001)))).toBe('CAMERA_ANSWER_TOO_LARGE');
  expect(codeOf(() => parseXml(`<a>${'t'.repeat(65_537)}</a>`))).toBe('CAMERA_ANSWER_TOO_LARGE');
  const attributes = Array.from({ length: 257 }, (_, index) => `a${index}="1"`).join(' ');
  expect(codeOf(() => parseXml(`<a ${attributes}/>`))).toBe('CAMERA_ANSWER_TOO_LARGE');
  expect(codeOf(() => parseXml(`<a b="${'t'.repeat(8_193)}"/>`))).toBe('CAMERA_ANSWER_TOO_LARGE');
  expect(codeOf(() => parseXml(`<a>${' '.repeat(1_048_576)}</a>`))).toBe('CAMERA_ANSWER_TOO_LARGE');
});

test('no shape of a document costs many times what plain text of its size costs', () => {
  const timeOf = (text: string): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 2; round += 1) {
      const startedMs = performance.now();
      codeOf(() => parseXml(text));
      best = Math.min(best, performance.now() - startedMs);
    }
    return best;
  };
  const declared = (depth: number): string =>
    Array.from({ length: 200 }, (_, index) => `xmlns:p${depth}_${index}="u${index}"`).join(' ');
  const plainMs = timeOf(`<r>${'<a>text</a>'.repeat(19_000)}</r>`);
  const hostile = [
    // These two blocked other clients for 7 to 10 s.
    '<a>'.repeat(46_000),
    `<r>${'xmlns '.repeat(33_000)}</r>`,
    // Names looked up through as many scopes with as many declarations as the limits allow.
    Array.from({ length: 63 }, (_, depth) => `<a ${declared(depth)}>`).join('') +
      '<a p0_1:x="1"/>'.repeat(19_000) +
      '</a>'.repeat(63),
    `<r>${`<a ${Array.from({ length: 250 }, (_, index) => `b${index}=""`).join(' ')}/>`.repeat(400)}</r>`,
    `<r a="${'xmlns:a '.repeat(25_000)}"/>`,
    `<r>&${'a'.repeat(500_000)}`,
    `<${'a'.repeat(500_000)}`,
    `<!--${'- '.repeat(250_000)}--><r/>`,
    `<!DOCTYPE a [${'<!ENTITY a "x">'.repeat(50_000)}]><a/>`,
    '<'.repeat(500_000),
  ];
  for (const text of hostile) expect(timeOf(text)).toBeLessThan(plainMs * 10 + 50);
}, 30_000);

test('any text ends in an element or a coded fault', () => {
  const shards = fc.constantFrom(
    '<a',
    '>',
    '/>',
    '</a>',
    ' b="',
    '"',
    '&',
    ';',
    '#x',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?',
    '?>',
    'xmlns:p="',
    '<p:a',
    '<!DOCTYPE ',
    '[',
    ']',
    '\u0000',
    '\ud800',
    'é',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(shards, fc.string({ unit: 'binary' })), { maxLength: 40 }),
      (parts) => {
        let outcome: XmlElement | string;
        try {
          outcome = parseXml(parts.join(''));
        } catch (thrown) {
          outcome = (thrown as { code?: string }).code ?? `not coded: ${String(thrown)}`;
        }
        if (typeof outcome === 'string') expect(outcome).toMatch(/^CAMERA_ANSWER_/);
        else expect(outcome.local.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});

test('pieces never change the outcome', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          '<',
          '>',
          'a',
          '/',
          '&',
          ';',
          '"',
          '=',
          ' ',
          '\r',
          '\n',
          '😀',
          '!',
          '-',
          '[',
        ),
      }),
      fc.nat(),
      (text, at) => {
        const split = (pieces: readonly string[]): unknown => {
          try {
            const reader = createXmlReader();
            for (const piece of pieces) reader.write(piece);
            return reader.end();
          } catch (thrown) {
            return (thrown as { code?: string }).code;
          }
        };
        const cut = text.length === 0 ? 0 : at % text.length;
        expect(split([text.slice(0, cut), text.slice(cut)])).toEqual(split([text]));
      },
    ),
    { numRuns: 500 },
  );
});
