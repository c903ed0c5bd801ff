import type { OsdText } from '../camera-state.ts';
import type { OperationHandler } from './onvif-camera.ts';
import { childNamed, escapeXml, SoapFault, textAt, type XmlElement } from './soap.ts';

const mostTexts = 4;
const longestText = 64;
const sourceConfigurationToken = 'VideoSourceConfig_1';

function osdXml(element: string, token: string, osd: OsdText): string {
  const content =
    osd.kind === 'DateAndTime'
      ? '<tt:DateFormat>yyyy-MM-dd</tt:DateFormat><tt:TimeFormat>HH:mm:ss</tt:TimeFormat>'
      : `<tt:PlainText>${escapeXml(osd.text)}</tt:PlainText>`;
  return (
    `<${element} token="${escapeXml(token)}"><tt:VideoSourceConfigurationToken>` +
    `${sourceConfigurationToken}</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type>` +
    `<tt:Position><tt:Type>${escapeXml(osd.position)}</tt:Type></tt:Position>` +
    `<tt:TextString><tt:Type>${escapeXml(osd.kind)}</tt:Type>${content}</tt:TextString></${element}>`
  );
}

function readOsd(element: XmlElement | undefined): OsdText {
  const kind = textAt(element, 'TextString', 'Type');
  const text = textAt(element, 'TextString', 'PlainText');
  const isKnown = kind === 'Plain' || kind === 'DateAndTime';
  if (textAt(element, 'Type') !== 'Text' || !isKnown || text.length > longestText) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'ConfigModify'], 'The OSD is not supported');
  }
  if (textAt(element, 'VideoSourceConfigurationToken') !== sourceConfigurationToken) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'NoConfig'], 'No such video source');
  }
  return { position: textAt(element, 'Position', 'Type') || 'UpperLeft', kind, text };
}

function noSuchOsd(): SoapFault {
  return new SoapFault('Sender', ['InvalidArgVal', 'NoConfig'], 'No such OSD');
}

/**
 * On-screen display of one media service (ONVIF Media §5.19, Media 2 §5.9): the two differ in their
 * namespace and share the texts.
 */
export function osdOperations(prefix: 'trt' | 'tr2'): Readonly<Record<string, OperationHandler>> {
  return {
    GetOSDs: ({ state: { settings } }, { body }) => {
      const wanted = textAt(body, 'OSDToken');
      const osds = [...settings.osds].filter(([token]) => wanted === '' || token === wanted);
      if (wanted !== '' && osds.length === 0) throw noSuchOsd();
      const list = osds.map(([token, osd]) => osdXml(`${prefix}:OSDs`, token, osd));
      return `<${prefix}:GetOSDsResponse>${list.join('')}</${prefix}:GetOSDsResponse>`;
    },
    GetOSDOptions: () =>
      `<${prefix}:GetOSDOptionsResponse><${prefix}:OSDOptions>` +
      `<tt:MaximumNumberOfOSDs Total="${mostTexts}" PlainText="${mostTexts - 1}"/>` +
      '<tt:Type>Text</tt:Type><tt:PositionOption>UpperLeft</tt:PositionOption>' +
      '<tt:PositionOption>LowerLeft</tt:PositionOption><tt:TextOption><tt:Type>Plain</tt:Type>' +
      `<tt:Type>DateAndTime</tt:Type></tt:TextOption></${prefix}:OSDOptions>` +
      `</${prefix}:GetOSDOptionsResponse>`,
    CreateOSD: ({ state: { settings } }, { body }) => {
      const osd = readOsd(childNamed(body, 'OSD'));
      if (settings.osds.size >= mostTexts) {
        throw new SoapFault('Sender', ['InvalidArgVal', 'MaxOSDs'], 'No more OSDs');
      }
      let number = 1;
      while (settings.osds.has(`OSD_${number}`)) number += 1;
      settings.osds.set(`OSD_${number}`, osd);
      const token = `<${prefix}:OSDToken>OSD_${number}</${prefix}:OSDToken>`;
      return `<${prefix}:CreateOSDResponse>${token}</${prefix}:CreateOSDResponse>`;
    },
    SetOSD: ({ state: { settings } }, { body }) => {
      const element = childNamed(body, 'OSD');
      const token = element?.attributes.get('token') ?? '';
      if (!settings.osds.has(token)) throw noSuchOsd();
      settings.osds.set(token, readOsd(element));
      return `<${prefix}:SetOSDResponse/>`;
    },
    DeleteOSD: ({ state: { settings } }, { body }) => {
      if (!settings.osds.delete(textAt(body, 'OSDToken'))) throw noSuchOsd();
      return `<${prefix}:DeleteOSDResponse/>`;
    },
  };
}
