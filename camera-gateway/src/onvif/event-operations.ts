import { randomUUID } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Deadline, withinDeadline } from './deadline.ts';
import { isPassable } from './device-operations.ts';
import type { OnvifClient } from './onvif-client.ts';
import { namespaces } from './onvif-namespaces.ts';
import { escapeXml } from './soap-envelope.ts';
import { descend, namedAnywhere } from './xml-query.ts';
import type { XmlElement } from './xml-reader.ts';

/** A pull point that a camera keeps for us. */
export interface PullPoint {
  /** As the camera names it: it goes back as `wsa:To`, and is followed on the registered host only. */
  readonly address: string | null;
  /** Reference parameters, ready for the header. */
  readonly parameters: string;
  /** For how long from now the camera keeps it. */
  readonly keptForMs: number;
}

const eventsAction = `${namespaces.events}/`;
const managerAction = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/';
const shortestMs = 5_000;

/**
 * CreatePullPointSubscription for all topics (ONVIF Core, Event handling: Real-time Pull-Point
 * Notification). Asks for `keepForMs`; cameras that refuse to be told a time choose it themselves.
 */
export async function createPullPoint(
  client: OnvifClient,
  keepForMs: number,
  deadline: Deadline,
): Promise<PullPoint> {
  const ask = (time: string): Promise<XmlElement> =>
    client.call(
      {
        operation: 'CreatePullPointSubscription',
        service: 'events',
        action: `${eventsAction}EventPortType/CreatePullPointSubscriptionRequest`,
        header: addressing(`${eventsAction}EventPortType/CreatePullPointSubscriptionRequest`, null),
        anyNamespace: true,
        body: `<tev:CreatePullPointSubscription xmlns:tev="${namespaces.events}">${time}</tev:CreatePullPointSubscription>`,
      },
      deadline,
    );
  const time = `<tev:InitialTerminationTime>${seconds(keepForMs)}</tev:InitialTerminationTime>`;
  let response: XmlElement;
  try {
    response = await ask(time);
  } catch (thrown) {
    const subcode = thrown instanceof Fault ? String(thrown.details.subcode ?? '') : '';
    if (!/TerminationTime|InvalidArg|TimeSync/i.test(subcode)) throw thrown;
    response = await ask('');
  }
  const reference = descend(response, 'SubscriptionReference');
  const address = reference && descend(reference, 'Address')?.text.trim();
  const parameters = reference && descend(reference, 'ReferenceParameters');
  return {
    address: address === undefined || address === '' ? null : address,
    parameters: parameters === undefined ? '' : referenceHeaders(parameters),
    keptForMs: readKeptFor(response, keepForMs),
  };
}

/**
 * PullMessages: waits at the camera for at most `waitMs` until there is something to tell. Gives the
 * NotificationMessage elements and, where the camera tells it, for how long the pull point is kept.
 */
export async function pullMessages(
  client: OnvifClient,
  pullPoint: PullPoint,
  waitMs: number,
  deadline: Deadline,
): Promise<{ messages: readonly XmlElement[]; keptForMs: number | null }> {
  const response = await client.call(
    {
      operation: 'PullMessages',
      service: 'events',
      ...to(pullPoint, `${eventsAction}PullPointSubscription/PullMessagesRequest`),
      body:
        `<tev:PullMessages xmlns:tev="${namespaces.events}"><tev:Timeout>${seconds(waitMs)}</tev:Timeout>` +
        '<tev:MessageLimit>64</tev:MessageLimit></tev:PullMessages>',
    },
    withinDeadline(client.clock, deadline, deadline.remainingMs()),
  );
  return {
    messages: namedAnywhere(response, 'NotificationMessage'),
    keptForMs: descend(response, 'TerminationTime') === undefined ? null : readKeptFor(response, 0),
  };
}

/** Renew (WS-BaseNotification §5.1.1): gives for how long from now the camera keeps it. */
export async function renewPullPoint(
  client: OnvifClient,
  pullPoint: PullPoint,
  keepForMs: number,
  deadline: Deadline,
): Promise<number> {
  const response = await client.call(
    {
      operation: 'Renew',
      service: 'events',
      ...to(pullPoint, `${managerAction}RenewRequest`),
      body:
        `<wsnt:Renew xmlns:wsnt="${namespaces.notification}">` +
        `<wsnt:TerminationTime>${seconds(keepForMs)}</wsnt:TerminationTime></wsnt:Renew>`,
    },
    deadline,
  );
  return readKeptFor(response, keepForMs);
}

/** Unsubscribe; a camera that does not know it any more has nothing to forget. */
export async function unsubscribe(
  client: OnvifClient,
  pullPoint: PullPoint,
  deadline: Deadline,
): Promise<void> {
  try {
    await client.call(
      {
        operation: 'Unsubscribe',
        service: 'events',
        ...to(pullPoint, `${managerAction}UnsubscribeRequest`),
        body: `<wsnt:Unsubscribe xmlns:wsnt="${namespaces.notification}"/>`,
      },
      deadline,
    );
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !isPassable(thrown)) throw thrown;
  }
}

function to(
  pullPoint: PullPoint,
  action: string,
): { at?: string; action: string; header: string; anyNamespace: true } {
  return {
    ...(pullPoint.address === null ? {} : { at: pullPoint.address }),
    action,
    header: addressing(action, pullPoint.address) + pullPoint.parameters,
    anyNamespace: true,
  };
}

/** Strict cameras refuse a request without Action and MessageID (WS-Addressing 1.0 SOAP Binding). */
function addressing(action: string, address: string | null): string {
  return (
    `<wsa:Action xmlns:wsa="${namespaces.eventAddressing}">${action}</wsa:Action>` +
    `<wsa:MessageID xmlns:wsa="${namespaces.eventAddressing}">urn:uuid:${randomUUID()}</wsa:MessageID>` +
    (address === null
      ? ''
      : `<wsa:To xmlns:wsa="${namespaces.eventAddressing}">${escapeXml(address)}</wsa:To>`)
  );
}

const maxParametersLength = 4_096;

/** Reference parameters go back as header blocks (WS-Addressing 1.0 SOAP Binding §3.4). */
function referenceHeaders(parameters: XmlElement): string {
  const text = parameters.children.map((child) => serialize(child, true, 0)).join('');
  if (text.length > maxParametersLength) {
    throw new Fault('CAMERA_ANSWER_TOO_LARGE', "The camera's subscription names too much");
  }
  return text;
}

function serialize(element: XmlElement, outermost: boolean, depth: number): string {
  if (depth > 8) throw new Fault('CAMERA_ANSWER_INVALID', "The camera's subscription is too deep");
  const attributes = [...element.attributes]
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
  const marked = outermost
    ? ` xmlns:wsa="${namespaces.eventAddressing}" wsa:IsReferenceParameter="true"`
    : '';
  const inside = element.children.map((child) => serialize(child, false, depth + 1)).join('');
  const name = element.uri === '' ? element.local : `q:${element.local}`;
  const namespace = element.uri === '' ? ' xmlns=""' : ` xmlns:q="${escapeXml(element.uri)}"`;
  return `<${name}${namespace}${marked}${attributes}>${escapeXml(element.text.trim())}${inside}</${name}>`;
}

function seconds(ms: number): string {
  return `PT${Math.max(1, Math.round(ms / 1_000))}S`;
}

/**
 * Termination minus current time, both by the camera's clock, which may be wrong by years. Firmware
 * also gives a duration, or nothing: then what was asked for is believed.
 */
function readKeptFor(response: XmlElement, askedMs: number): number {
  const end = descend(response, 'TerminationTime')?.text.trim() ?? '';
  const duration = readDuration(end);
  const now = Date.parse(descend(response, 'CurrentTime')?.text.trim() ?? '');
  const lasts = duration ?? Date.parse(end) - now;
  if (!Number.isFinite(lasts) || lasts <= 0) return Math.max(shortestMs, askedMs);
  return Math.max(shortestMs, lasts);
}

/** xs:duration of days and smaller, milliseconds; null for anything else. */
export function readDuration(text: string): number | null {
  const parts =
    /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$/.exec(text);
  if (parts === null || !/\d/.test(text)) return null;
  const [days, hours, minutes, secs] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (secs ?? 0)) * 1_000;
}
