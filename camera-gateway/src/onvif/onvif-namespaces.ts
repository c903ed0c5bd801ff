/** Namespaces of the standards that the gateway speaks. Prefixes are ours alone. */
export const namespaces = {
  soap12: 'http://www.w3.org/2003/05/soap-envelope',
  soap11: 'http://schemas.xmlsoap.org/soap/envelope/',
  security: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  securityUtility:
    'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
  device: 'http://www.onvif.org/ver10/device/wsdl',
  media: 'http://www.onvif.org/ver10/media/wsdl',
  media2: 'http://www.onvif.org/ver20/media/wsdl',
  events: 'http://www.onvif.org/ver10/events/wsdl',
  schema: 'http://www.onvif.org/ver10/schema',
  network: 'http://www.onvif.org/ver10/network/wsdl',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  /** WS-Addressing as events use it; discovery speaks the older one. */
  eventAddressing: 'http://www.w3.org/2005/08/addressing',
  notification: 'http://docs.oasis-open.org/wsn/b-2',
  discovery: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
} as const;

/** Every namespace of ONVIF starts so; vendors differ in which of them a child element is in. */
export const onvifNamespaceStart = 'http://www.onvif.org/';
