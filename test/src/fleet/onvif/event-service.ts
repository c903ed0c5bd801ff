import type { CameraEvent } from '../faults.ts';
import type { EventMessage } from './event-subscriptions.ts';
import {
  httpBase,
  type OnvifCamera,
  type OperationHandler,
  type SoapCall,
} from './onvif-camera.ts';
import { SoapFault, textAt } from './soap.ts';

export const eventNamespace = 'http://www.onvif.org/ver10/events/wsdl';
export const notificationNamespace = 'http://docs.oasis-open.org/wsn/b-2';
export const eventPath = '/onvif/event_service';
const subscriptionPath = `${eventPath}/subscription`;

const declarations =
  `xmlns:tev="${eventNamespace}" xmlns:wsnt="${notificationNamespace}" ` +
  'xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:tns1="http://www.onvif.org/ver10/topics"';
const defaultLifeMs = 60_000;
const longestPullMs = 60_000;
const mostMessages = 32;

/** Topics as the ONVIF topic namespace and shipping cameras name them, with the state's item. */
const topics: Readonly<
  Record<CameraEvent, { readonly topic: string; readonly source: string; readonly item: string }>
> = {
  tamper: {
    topic: 'tns1:VideoSource/GlobalSceneChange/ImagingService',
    source: 'Source',
    item: 'State',
  },
  motion: {
    topic: 'tns1:RuleEngine/CellMotionDetector/Motion',
    source: 'VideoSourceConfigurationToken',
    item: 'IsMotion',
  },
  'storage-failure': {
    topic: 'tns1:Device/HardwareFailure/StorageFailure',
    source: 'Token',
    item: 'Failed',
  },
  'digital-input': {
    topic: 'tns1:Device/Trigger/DigitalInput',
    source: 'InputToken',
    item: 'LogicalState',
  },
};

/** An xs:duration in days and time, or an xs:dateTime, as milliseconds from now. */
function lifeOf(text: string, clockMs: number): number {
  if (text === '') return defaultLifeMs;
  const duration = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  const lifeMs =
    duration === null
      ? Date.parse(text) - clockMs
      : duration
          .slice(1)
          .map((part) => Number(part ?? 0))
          .reduce((sum, part, index) => sum + part * ([86_400, 3600, 60, 1][index] ?? 0), 0) * 1000;
  if (!(lifeMs > 0)) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'UnacceptableTerminationTime'], 'Bad duration');
  }
  return lifeMs;
}

function isoAt(camera: OnvifCamera, atMs: number): string {
  const ownMs = atMs + camera.state.clockMs() - camera.state.now();
  return new Date(ownMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

function times(camera: OnvifCamera, terminatesAtMs: number): string {
  return (
    `<wsnt:CurrentTime>${isoAt(camera, camera.state.now())}</wsnt:CurrentTime>` +
    `<wsnt:TerminationTime>${isoAt(camera, terminatesAtMs)}</wsnt:TerminationTime>`
  );
}

function requireEvents(camera: OnvifCamera, { action }: SoapCall): 'path' | 'parameter' {
  const { events } = camera.state.model.onvif;
  if (events === null) {
    throw new SoapFault('Receiver', ['ActionNotSupported'], 'No event service');
  }
  if (events.needsAction && action === '') {
    throw new SoapFault('Sender', ['InvalidArgVal', 'NoAction'], 'wsa:Action is required');
  }
  return events.reference;
}

function lost(): SoapFault {
  return new SoapFault('Sender', ['InvalidArgVal', 'ResourceUnknown'], 'Subscription is unknown');
}

/** The subscription that a request is sent to. */
function subscriptionOf(camera: OnvifCamera, call: SoapCall): string {
  const reference = requireEvents(camera, call);
  const id =
    reference === 'path'
      ? new URL(call.path, 'http://camera').pathname.slice(subscriptionPath.length + 1)
      : call.subscriptionId;
  if (!camera.subscriptions.has(id)) throw lost();
  return id;
}

const createPullPointSubscription: OperationHandler = (camera, call) => {
  const reference = requireEvents(camera, call);
  const lifeMs = lifeOf(textAt(call.body, 'InitialTerminationTime'), camera.state.clockMs());
  const opened = camera.subscriptions.open(lifeMs);
  if (opened === null) {
    throw new SoapFault('Receiver', ['Action', 'MaximumNumberOfSubscriptions'], 'Too many');
  }
  const address =
    reference === 'path'
      ? `<wsa:Address>${httpBase(camera)}${subscriptionPath}/${opened.id}</wsa:Address>`
      : `<wsa:Address>${httpBase(camera)}${eventPath}</wsa:Address><wsa:ReferenceParameters>` +
        '<dom0:SubscriptionId xmlns:dom0="http://paragon.example/events">' +
        `${opened.id}</dom0:SubscriptionId></wsa:ReferenceParameters>`;
  return (
    `<tev:CreatePullPointSubscriptionResponse ${declarations}><tev:SubscriptionReference>` +
    `${address}</tev:SubscriptionReference>${times(camera, opened.terminatesAtMs)}` +
    '</tev:CreatePullPointSubscriptionResponse>'
  );
};

function notification(camera: OnvifCamera, message: EventMessage): string {
  const { topic, source, item } = topics[message.event];
  return (
    '<wsnt:NotificationMessage><wsnt:Topic ' +
    'Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">' +
    `${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${isoAt(camera, message.atMs)}" ` +
    `PropertyOperation="${message.operation}"><tt:Source>` +
    `<tt:SimpleItem Name="${source}" Value="1"/></tt:Source><tt:Data>` +
    `<tt:SimpleItem Name="${item}" Value="${message.active}"/></tt:Data></tt:Message>` +
    '</wsnt:Message></wsnt:NotificationMessage>'
  );
}

const pullMessages: OperationHandler = async (camera, call) => {
  const id = subscriptionOf(camera, call);
  const timeoutMs = Math.min(
    lifeOf(textAt(call.body, 'Timeout'), camera.state.clockMs()),
    longestPullMs,
  );
  const limit = Math.min(Number(textAt(call.body, 'MessageLimit')) || 1, mostMessages);
  const messages = await camera.subscriptions.pull(id, timeoutMs, limit);
  if (messages === null) throw lost();
  camera.state.counters.eventsSent += messages.length;
  const terminatesAtMs = camera.subscriptions.terminatesAtMs(id) ?? camera.state.now();
  return (
    `<tev:PullMessagesResponse ${declarations}>` +
    times(camera, terminatesAtMs).replaceAll('wsnt:', 'tev:') +
    `${messages.map((message) => notification(camera, message)).join('')}</tev:PullMessagesResponse>`
  );
};

const renew: OperationHandler = (camera, call) => {
  const id = subscriptionOf(camera, call);
  const lifeMs = lifeOf(textAt(call.body, 'TerminationTime'), camera.state.clockMs());
  const terminatesAtMs = camera.subscriptions.renew(id, lifeMs);
  if (terminatesAtMs === null) throw lost();
  return `<wsnt:RenewResponse ${declarations}>${times(camera, terminatesAtMs)}</wsnt:RenewResponse>`;
};

const unsubscribe: OperationHandler = (camera, call) => {
  camera.subscriptions.close(subscriptionOf(camera, call));
  return `<wsnt:UnsubscribeResponse ${declarations}/>`;
};

const setSynchronizationPoint: OperationHandler = (camera, call) => {
  camera.subscriptions.synchronize(subscriptionOf(camera, call));
  return `<tev:SetSynchronizationPointResponse ${declarations}/>`;
};

const getEventProperties: OperationHandler = (camera, call) => {
  requireEvents(camera, call);
  const paths = Object.values(topics).map(({ topic }) => topic.slice(5).split('/'));
  const tree = paths.map(
    ([first, ...rest]) =>
      `<tns1:${first}>${rest.map((name) => `<${name}>`).join('')}` +
      `${[...rest]
        .reverse()
        .map((name) => `</${name}>`)
        .join('')}</tns1:${first}>`,
  );
  return (
    `<tev:GetEventPropertiesResponse ${declarations}>` +
    '<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml' +
    '</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>' +
    `<wstop:TopicSet xmlns:wstop="http://docs.oasis-open.org/wsn/t-1">${tree.join('')}` +
    '</wstop:TopicSet></tev:GetEventPropertiesResponse>'
  );
};

/** The event service's own operations (ONVIF Core §9). */
export const eventOperations: Readonly<Record<string, OperationHandler>> = {
  CreatePullPointSubscription: createPullPointSubscription,
  PullMessages: pullMessages,
  SetSynchronizationPoint: setSynchronizationPoint,
  GetEventProperties: getEventProperties,
};

/** Operations of the subscription manager (WS-BaseNotification 1.3 §6). */
export const subscriptionOperations: Readonly<Record<string, OperationHandler>> = {
  Renew: renew,
  Unsubscribe: unsubscribe,
};
