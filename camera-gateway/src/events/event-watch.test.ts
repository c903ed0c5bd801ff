import { randomBytes } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { WatchFact, WatchOrder } from '@nigehban/domain/watch-orders.ts';
import { expect, test } from 'vitest';
import {
  dateAndTime,
  type ScriptedCamera,
  type ScriptedReply,
  type SeenRequest,
  soap,
  soapFault,
  startScriptedCamera,
  tokenIsValid,
} from '../onvif/testing/scripted-camera.ts';
import { createRefusedCredentials } from '../probe/refused-credentials.ts';
import { type EventWatch, startEventWatch } from './event-watch.ts';

const tev = 'http://www.onvif.org/ver10/events/wsdl';
const wsnt = 'http://docs.oasis-open.org/wsn/b-2';
const wsa = 'http://www.w3.org/2005/08/addressing';

/** Twenty times as fast: a minute of patience is three seconds. */
const speed = 20;
const fastClock: Clock = {
  nowMs: () => Date.now() * speed,
  monotonicMs: () => performance.now() * speed,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs / speed);
    return () => clearTimeout(timer);
  },
};

interface Script {
  readonly create?: (request: SeenRequest, port: number) => ScriptedReply;
  /** Answers the nth PullMessages. */
  readonly pull?: (turn: number, request: SeenRequest) => ScriptedReply;
  readonly renew?: (request: SeenRequest) => ScriptedReply;
}

const later: ScriptedReply = (response) => {
  // A long poll: nothing for a while.
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'application/soap+xml' });
    response.end(pulled(''));
  }, 300);
};

function refusal(subcode: string): ScriptedReply {
  const headers = { 'content-type': 'application/soap+xml' };
  return { status: 400, headers, body: soapFault('Sender', subcode) };
}

function created(address: string, more = '', times = ''): string {
  return soap(
    `<e:CreatePullPointSubscriptionResponse xmlns:e="${tev}" xmlns:a="${wsa}"><e:SubscriptionReference>` +
      `<a:Address>${address}</a:Address>${more}</e:SubscriptionReference>${times}` +
      '</e:CreatePullPointSubscriptionResponse>',
  );
}

function pulled(messages: string): string {
  return soap(`<e:PullMessagesResponse xmlns:e="${tev}">${messages}</e:PullMessagesResponse>`);
}

function tampered(active: boolean): string {
  return (
    `<n:NotificationMessage xmlns:n="${wsnt}"><n:Topic>tns1:VideoSource/GlobalSceneChange/ImagingService</n:Topic>` +
    `<n:Message><x:Message PropertyOperation="Changed"><x:Data><x:SimpleItem Name="State" Value="${active}"/>` +
    '</x:Data></x:Message></n:Message></n:NotificationMessage>'
  );
}

function eventCamera(script: Script): Promise<ScriptedCamera> {
  let turn = 0;
  return startScriptedCamera((request, port) => {
    switch (request.operation) {
      case 'GetSystemDateAndTime':
        return dateAndTime(fastClock.nowMs());
      case 'GetServices':
        return soap(
          `<d:GetServicesResponse><d:Service><d:Namespace>${tev}</d:Namespace>` +
            '<d:XAddr>http://10.9.8.7/onvif/events</d:XAddr></d:Service><d:Service>' +
            '<d:Namespace>http://www.onvif.org/ver10/media/wsdl</d:Namespace>' +
            '<d:XAddr>http://10.9.8.7/onvif/media</d:XAddr></d:Service></d:GetServicesResponse>',
        );
      case 'CreatePullPointSubscription':
        return (
          script.create?.(request, port) ?? created(`http://127.0.0.1:${port}/onvif/subscription/1`)
        );
      case 'PullMessages':
        turn += 1;
        return script.pull?.(turn, request) ?? later;
      case 'Renew':
        return (
          script.renew?.(request) ??
          soap(
            `<n:RenewResponse xmlns:n="${wsnt}"><n:TerminationTime>PT60S</n:TerminationTime></n:RenewResponse>`,
          )
        );
      default:
        return soap(`<n:UnsubscribeResponse xmlns:n="${wsnt}"/>`);
    }
  });
}

interface Stage extends AsyncDisposable {
  readonly facts: WatchFact[];
  readonly orders: Map<CameraId, WatchOrder>;
  readonly watch: EventWatch;
}

function orderFor(cameraId: CameraId, onvifPort: number): WatchOrder {
  return {
    cameraId,
    cameraCode: `C${cameraId}`,
    stationId: 1,
    endpoint: { address: '127.0.0.1', onvifPort },
    credentials: { username: 'admin', password: 'right' },
    serial: null,
    swept: true,
    view: null,
    events: true,
  };
}

function watching(
  orders: readonly WatchOrder[],
  limits = { parallelPolls: 100, parallelCalls: 100, startEachMs: 0 },
): Stage {
  const facts: WatchFact[] = [];
  const book = new Map(orders.map((order) => [order.cameraId, order]));
  const watch = startEventWatch(
    {
      clock: fastClock,
      randomBytes,
      random: () => 0.5,
      refused: createRefusedCredentials(fastClock, 24 * 3_600_000),
      orders: () => book,
      holds: () => true,
      sendFacts: (some) => facts.push(...some),
    },
    limits,
  );
  return { facts, orders: book, watch, [Symbol.asyncDispose]: () => watch.stop() };
}

const until = { timeout: 8_000, interval: 10 };

function counted(camera: ScriptedCamera, operation: string): number {
  return camera.seen.filter((one) => one.operation === operation).length;
}

test('events are told as they begin and end, and the pull point is given back', async () => {
  await using camera = await eventCamera({
    pull: (turn) =>
      turn === 1 ? pulled(tampered(true)) : turn === 2 ? pulled(tampered(false)) : later,
  });
  await using stage = watching([orderFor(3, camera.port)]);
  await expect
    .poll(() => stage.facts, until)
    .toMatchObject([
      { kind: 'camera-event', cameraId: 3, event: 'tamper', active: true },
      { kind: 'camera-event', cameraId: 3, event: 'tamper', active: false },
    ]);
  expect(camera.seen.find((one) => one.operation === 'PullMessages')).toMatchObject({
    path: '/onvif/subscription/1',
    contentType: expect.stringContaining('PullPointSubscription/PullMessagesRequest'),
    body: expect.stringContaining(`${tev}/PullPointSubscription/PullMessagesRequest</wsa:Action>`),
  });
  expect(stage.watch.counts()).toEqual({ followed: 1, subscribed: 1 });
  stage.orders.clear();
  await expect.poll(() => counted(camera, 'Unsubscribe'), until).toBe(1);
  expect(stage.watch.counts()).toEqual({ followed: 0, subscribed: 0 });
});

test('a subscription at another host is asked for at the registered one, with its parameters', async () => {
  await using camera = await eventCamera({
    create: () =>
      created(
        'http://198.51.100.7:9999/onvif/events?x=1&amp;y=2',
        `<a:ReferenceParameters><v:SubscriptionId xmlns:v="urn:vendor">7 &lt; 8</v:SubscriptionId></a:ReferenceParameters>`,
      ),
  });
  await using _stage = watching([orderFor(3, camera.port)]);
  await expect.poll(() => counted(camera, 'PullMessages'), until).toBeGreaterThan(0);
  const pull = camera.seen.find((one) => one.operation === 'PullMessages');
  expect(pull?.path).toBe('/onvif/events?x=1&y=2');
  expect(pull?.body).toMatch(
    /<q:SubscriptionId xmlns:q="urn:vendor"[^>]*IsReferenceParameter="true"[^>]*>7 &#60; 8<\/q:SubscriptionId>/,
  );
  expect(pull?.body).toContain('<wsa:To');
});

test('renewed before it ends, by the camera’s own clock', async () => {
  const times =
    `<n:CurrentTime xmlns:n="${wsnt}">1970-01-01T00:00:10Z</n:CurrentTime>` +
    `<n:TerminationTime xmlns:n="${wsnt}">1970-01-01T00:00:40Z</n:TerminationTime>`;
  await using camera = await eventCamera({
    create: (_request, port) => created(`http://127.0.0.1:${port}/s`, '', times),
  });
  await using _stage = watching([orderFor(3, camera.port)]);
  // Kept for 30 s, so it is renewed after half of that: 0.75 s on this clock.
  await expect.poll(() => counted(camera, 'Renew'), until).toBeGreaterThan(0);
  expect(counted(camera, 'CreatePullPointSubscription')).toBe(1);
});

test('a camera that forgets its subscriptions is subscribed anew, and what was active may end', async () => {
  let subscriptions = 0;
  await using camera = await eventCamera({
    create: (_request, port) => {
      subscriptions += 1;
      return created(`http://127.0.0.1:${port}/s`);
    },
    pull: (turn) => {
      if (turn === 1) return pulled(tampered(true));
      return subscriptions === 1 ? refusal('ResourceUnknown') : later;
    },
  });
  await using stage = watching([orderFor(3, camera.port)]);
  await expect.poll(() => counted(camera, 'CreatePullPointSubscription'), until).toBe(2);
  expect(stage.facts).toMatchObject([{ event: 'tamper', active: true }]);
  // Nothing tells of it again within a minute (3 s on this clock).
  await expect.poll(() => stage.facts, until).toMatchObject([{ active: true }, { active: false }]);
});

test('a camera that refuses our termination time may choose its own', async () => {
  await using camera = await eventCamera({
    create: (request, port) =>
      request.body.includes('InitialTerminationTime')
        ? soapFault('Sender', 'UnacceptableInitialTerminationTimeFault')
        : created(`http://127.0.0.1:${port}/s`),
  });
  await using stage = watching([orderFor(3, camera.port)]);
  await expect.poll(() => stage.watch.counts().subscribed, until).toBe(1);
});

test('a camera without events is left alone; one that refuses us is asked once', async () => {
  await using without = await eventCamera({
    create: () => soapFault('Receiver', 'ActionNotSupported'),
  });
  let attempts = 0;
  await using refusing = await eventCamera({
    create: (request) => {
      if (request.body.includes('UsernameToken')) attempts += 1;
      return tokenIsValid(request.body, 'another', fastClock.nowMs())
        ? created('')
        : refusal('NotAuthorized');
    },
  });
  await using stage = watching([orderFor(1, without.port), orderFor(2, refusing.port)]);
  await expect.poll(() => attempts, until).toBe(1);
  await expect
    .poll(() => counted(without, 'CreatePullPointSubscription'), until)
    .toBeGreaterThan(0);
  const asked = counted(without, 'CreatePullPointSubscription');
  // Two minutes of this clock would be time for many more.
  const endMs = fastClock.nowMs() + 40_000;
  await expect.poll(() => fastClock.nowMs() > endMs, until).toBe(true);
  expect(attempts).toBe(1);
  expect(counted(without, 'CreatePullPointSubscription')).toBe(asked);
  expect(stage.watch.counts().subscribed).toBe(0);
});

test('more cameras than places for long polls take turns', async () => {
  await using camera = await eventCamera({});
  const orders = Array.from({ length: 12 }, (_, index) => orderFor(index + 1, camera.port));
  await using stage = watching(orders, { parallelPolls: 3, parallelCalls: 4, startEachMs: 0 });
  await expect.poll(() => stage.watch.counts().subscribed, until).toBe(12);
  await expect.poll(() => counted(camera, 'PullMessages'), until).toBeGreaterThan(16);
  const short = camera.seen.filter((one) => one.body.includes('<tev:Timeout>PT1S'));
  expect(short.length).toBeGreaterThan(0);
});
