import type { CameraEventKind } from '@nigehban/domain/watch-orders.ts';
import { descend, namedAnywhere } from '../onvif/xml-query.ts';
import type { XmlElement } from '../onvif/xml-reader.ts';

/** A notification that matters, reduced to what matters of it. */
export interface CameraNotification {
  readonly event: CameraEventKind;
  /** Which rule or source of the camera: several may tell of the same kind. */
  readonly source: string;
  /** Null: something happened, and no end of it will be told. */
  readonly active: boolean | null;
  /** In one line, safe to show. */
  readonly evidence: string;
}

/**
 * Reads a wsnt:NotificationMessage (ONVIF Core, Event handling: Notification data). Null for topics
 * that are of no use here and for what is not one.
 */
export function readNotification(message: XmlElement): CameraNotification | null {
  const topic = plain(
    (descend(message, 'Topic')?.text ?? '')
      .split('/')
      .map((part) => part.trim().replace(/^[^:]*:/, ''))
      .join('/'),
    160,
  );
  const event = eventOfTopic(topic);
  if (event === null) return null;
  // The inner tt:Message stands in wsnt:Message; some firmware leaves one of the two out.
  const outer = descend(message, 'Message');
  const inner = outer === undefined ? undefined : (descend(outer, 'Message') ?? outer);
  const source = inner === undefined ? [] : items(inner, 'Source');
  const data = inner === undefined ? [] : items(inner, 'Data');
  const gone = inner?.attributes.get('PropertyOperation') === 'Deleted';
  const active = gone ? false : stateOf(data);
  const shown = [...source, ...data].map(({ name, value }) => `${name}=${value}`).join(', ');
  return {
    event,
    source: plain(`${topic} ${source.map(({ value }) => value).join(' ')}`, 200),
    active,
    evidence: plain(`${topic}${shown === '' ? '' : `: ${shown}`}`, 240),
  };
}

/** ONVIF's topics and those of vendors whose names say the same. */
export function eventOfTopic(topic: string): CameraEventKind | null {
  const name = topic.toLowerCase();
  if (/globalscenechange|imagetoo(dark|blurry)|tamper/.test(name)) return 'tamper';
  if (/storagefailure|storage\/disruption|storage\/failure/.test(name)) return 'storage-failure';
  if (/digitalinput|virtualinput/.test(name)) return 'digital-input';
  if (/motion/.test(name)) return 'motion';
  return null;
}

interface Item {
  readonly name: string;
  readonly value: string;
}

const maxItems = 16;

function items(message: XmlElement, part: string): readonly Item[] {
  const list = descend(message, part);
  if (list === undefined) return [];
  return namedAnywhere(list, 'SimpleItem')
    .slice(0, maxItems)
    .map((item) => ({
      name: plain(item.attributes.get('Name') ?? '', 40),
      value: plain(item.attributes.get('Value') ?? '', 60),
    }));
}

const ons = new Set(['true', '1', 'active', 'on', 'yes']);
const offs = new Set(['false', '0', 'inactive', 'off', 'no']);
/** Names that carry the state, when there are several values that could. */
const stateNames =
  /^(is|log)?(state|motion|tamper(ing)?|logicalstate|failed|disruption|active|value|ismotion|istamper)$/i;

function stateOf(data: readonly Item[]): boolean | null {
  const telling = data.filter(
    ({ value }) => ons.has(value.toLowerCase()) || offs.has(value.toLowerCase()),
  );
  const chosen = telling.find(({ name }) => stateNames.test(name)) ?? telling[0];
  return chosen === undefined ? null : ons.has(chosen.value.toLowerCase());
}

/** One line of printable text. */
function plain(text: string, length: number): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, length);
}
