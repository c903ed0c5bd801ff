import { expect, test } from 'vitest';
import { parseXml } from '../onvif/xml-reader.ts';
import { eventOfTopic, readNotification } from './notification.ts';

const wsnt = 'http://docs.oasis-open.org/wsn/b-2';
const tt = 'http://www.onvif.org/ver10/schema';

function notification(topic: string, inner: string, operation = 'Changed'): string {
  return (
    `<n:NotificationMessage xmlns:n="${wsnt}" xmlns:t="${tt}"><n:Topic Dialect="d">${topic}</n:Topic>` +
    `<n:Message><t:Message UtcTime="2027-02-08T03:00:00Z" PropertyOperation="${operation}">${inner}` +
    '</t:Message></n:Message></n:NotificationMessage>'
  );
}

function item(part: string, name: string, value: string): string {
  return `<t:${part}><t:SimpleItem Name="${name}" Value="${value}"/></t:${part}>`;
}

function read(xml: string) {
  return readNotification(parseXml(xml));
}

test.each([
  ['tns1:VideoSource/GlobalSceneChange/ImagingService', 'tamper'],
  ['tns1:VideoSource/ImageTooDark/AnalyticsService', 'tamper'],
  ['tns1:VideoSource/ImageTooBlurry/ImagingService', 'tamper'],
  ['tns1:RuleEngine/tns1:TamperDetector/Tamper', 'tamper'],
  ['tns1:VideoAnalytics/tnsaxis:Tampering', 'tamper'],
  ['tns1:VideoSource/MotionAlarm', 'motion'],
  ['tns1:RuleEngine/CellMotionDetector/Motion', 'motion'],
  ['tns1:Device/HardwareFailure/StorageFailure', 'storage-failure'],
  ['tnsaxis:Storage/Disruption', 'storage-failure'],
  ['tns1:Device/Trigger/DigitalInput', 'digital-input'],
  ['tns1:Monitoring/ProcessorUsage', null],
  ['tns1:VideoSource/ImageTooBright/ImagingService', null],
])('%s is %s', (topic, kind) => {
  expect(eventOfTopic(topic)).toBe(kind);
});

test('a whole notification, with state and source', () => {
  const xml = notification(
    'tns1:Device/Trigger/DigitalInput',
    item('Source', 'InputToken', 'in 1') + item('Data', 'LogicalState', 'true'),
    'Initialized',
  );
  expect(read(xml)).toEqual({
    event: 'digital-input',
    source: 'Device/Trigger/DigitalInput in 1',
    active: true,
    evidence: 'Device/Trigger/DigitalInput: InputToken=in 1, LogicalState=true',
  });
});

test('the state is the item that is named so, not the first that looks like one', () => {
  const data =
    '<t:Data><t:SimpleItem Name="Port" Value="1"/><t:SimpleItem Name="State" Value="0"/></t:Data>';
  expect(read(notification('tns1:VideoSource/MotionAlarm', data))?.active).toBe(false);
});

test('what is deleted is over, and what has no state happened once', () => {
  const topic = 'tns1:RuleEngine/TamperDetector/Tamper';
  const on = item('Data', 'IsTamper', 'true');
  expect(read(notification(topic, on, 'Deleted'))?.active).toBe(false);
  expect(read(notification(topic, item('Data', 'Score', '42')))?.active).toBeNull();
});

test('sloppy firmware: no inner message, wrong namespaces, spaces and line breaks', () => {
  const xml =
    '<NotificationMessage xmlns="urn:wrong"><Topic>\n tns1:VideoSource/tns1:MotionAlarm \n</Topic>' +
    '<Message><Data><SimpleItem Name="State" Value="TRUE"/></Data></Message></NotificationMessage>';
  expect(read(xml)).toMatchObject({
    event: 'motion',
    active: true,
    evidence: 'VideoSource/MotionAlarm: State=TRUE',
  });
  expect(
    read('<NotificationMessage xmlns="urn:x"><Topic>a/b</Topic></NotificationMessage>'),
  ).toBeNull();
  expect(read('<NotificationMessage xmlns="urn:x"/>')).toBeNull();
});

test('evidence is one short line without control characters', () => {
  const xml = notification(
    'tns1:VideoSource/MotionAlarm',
    item('Source', 'Name', `a&#10;b${'x'.repeat(5_000)}`) + item('Data', 'State', 'true'),
  );
  const evidence = read(xml)?.evidence ?? '';
  expect(evidence).not.toMatch(/\n/);
  expect(evidence.length).toBeLessThanOrEqual(240);
});
