/** The namespace prefixes of an ONVIF answer that vendors choose freely. */
export type OnvifPrefix = 's' | 'tds' | 'trt' | 'tr2' | 'tt' | 'ter';

/**
 * A make of camera as data: everything in which real vendors differ and that clients trip over.
 * Makers are invented; each habit is one that shipping cameras have.
 */
export interface CameraModel {
  readonly name: string;
  readonly manufacturer: string;
  readonly firmware: string;
  readonly hardware: string;
  readonly onvif: {
    readonly authentication: 'wsse' | 'digest' | 'both';
    readonly prefixes: Readonly<Record<OnvifPrefix, string>>;
    readonly contentType: string;
    /** HTTP status of SOAP faults; the standard says 400 for the sender's mistakes. */
    readonly faultStatus: 400 | 500;
    /** Answered with ter:ActionNotSupported. */
    readonly missingOperations: readonly string[];
    /** Also GetServices, GetCapabilities and GetHostname need no credentials (PRE_AUTH class). */
    readonly openCapabilities: boolean;
    readonly media2: boolean;
    readonly servicePaths: {
      readonly device: string;
      readonly media: string;
      readonly media2: string;
    };
    readonly profileTokens: { readonly main: string; readonly sub: string };
    readonly digestAlgorithms: readonly ('MD5' | 'SHA-256')[];
    /** Encoder configurations come without the optional RateControl. */
    readonly omitsRateControl: boolean;
    /** How far a UsernameToken's Created may be from the camera's own clock. */
    readonly tokenFreshnessMs: number;
    /** So many wrong passwords in a row lock everybody out for so long. */
    readonly lockOut: { readonly attempts: number; readonly forMs: number } | null;
    /** SOAP faults come in SOAP 1.1 clothes, whatever was asked in. */
    readonly soap11Faults: boolean;
    /** False: Media 2 alone (Profile T); Media 1 is not there. */
    readonly media1: boolean;
    readonly hasSubStream: boolean;
    readonly hasSnapshot: boolean;
    /** What GetNetworkInterfaces tells of the hardware address. */
    readonly macStyle: 'colons' | 'dashes' | 'missing';
    /** Where a subscription is told from others: by its path, or by a reference parameter that is to be sent back. */
    readonly events: {
      readonly reference: 'path' | 'parameter';
      /** Requests without wsa:Action are refused. */
      readonly needsAction: boolean;
    } | null;
  };
  readonly rtsp: {
    readonly digestAlgorithms: readonly ('MD5' | 'SHA-256')[];
    readonly paths: { readonly main: string; readonly sub: string };
    /** The server picks its own interleaved channels instead of those asked for. */
    readonly ownChannels: boolean;
    readonly absoluteControls: boolean;
    readonly sendsContentBase: boolean;
    readonly sessionTimeoutS: number;
    readonly maxSessions: number;
    readonly supportsGetParameter: boolean;
    /** A new client gets the running GOP from its middle, or waits for the next key frame. */
    readonly startsAtKeyFrame: boolean;
    readonly nonceLifetimeS: number;
    readonly serverHeader: string;
  };
  readonly encoder: {
    readonly mainCodec: 'H264' | 'H265';
    readonly profile: 'baseline' | 'main' | 'high';
    readonly slices: number;
    readonly gopSeconds: number;
    readonly accessUnitDelimiters: boolean;
    /** SPS and PPS precede each key frame in band; else they are in the SDP alone. */
    readonly repeatsParameterSets: boolean;
  };
}

const kohinoor: CameraModel = {
  name: 'KV-2100',
  manufacturer: 'Kohinoor Vision',
  firmware: '1.10',
  hardware: 'KV2-A',
  onvif: {
    authentication: 'wsse',
    prefixes: {
      s: 'SOAP-ENV',
      tds: 'tds',
      trt: 'trt',
      tr2: 'tr2',
      tt: 'tt',
      ter: 'ter',
    },
    contentType: 'application/soap+xml; charset=utf-8',
    faultStatus: 400,
    missingOperations: [],
    openCapabilities: true,
    media2: false,
    servicePaths: {
      device: '/onvif/device_service',
      media: '/onvif/media_service',
      media2: '/onvif/media2_service',
    },
    profileTokens: { main: 'Profile_1', sub: 'Profile_2' },
    digestAlgorithms: ['MD5'],
    omitsRateControl: false,
    tokenFreshnessMs: 300_000,
    lockOut: null,
    soap11Faults: false,
    media1: true,
    hasSubStream: true,
    hasSnapshot: true,
    macStyle: 'colons',
    events: { reference: 'path', needsAction: false },
  },
  rtsp: {
    digestAlgorithms: ['MD5'],
    paths: { main: '/main', sub: '/sub' },
    ownChannels: false,
    absoluteControls: false,
    sendsContentBase: true,
    sessionTimeoutS: 60,
    maxSessions: 6,
    supportsGetParameter: true,
    startsAtKeyFrame: true,
    nonceLifetimeS: 3600,
    serverHeader: 'KV Streaming 2.1',
  },
  encoder: {
    mainCodec: 'H264',
    profile: 'baseline',
    slices: 1,
    gopSeconds: 1,
    accessUnitDelimiters: false,
    repeatsParameterSets: true,
  },
};

const northlight: CameraModel = {
  name: 'NL-D40',
  manufacturer: 'Northlight',
  firmware: 'V5.7.10 build 230912',
  hardware: 'D40-R3',
  onvif: {
    authentication: 'both',
    prefixes: { s: 'env', tds: 'tds', trt: 'trt', tr2: 'tr2', tt: 'tt', ter: 'ter' },
    contentType: 'application/soap+xml; charset=utf-8',
    faultStatus: 400,
    missingOperations: [],
    openCapabilities: false,
    media2: true,
    servicePaths: {
      device: '/onvif/device_service',
      media: '/onvif/Media',
      media2: '/onvif/Media2',
    },
    profileTokens: { main: 'MainStream', sub: 'SubStream' },
    digestAlgorithms: ['SHA-256', 'MD5'],
    omitsRateControl: false,
    tokenFreshnessMs: 60_000,
    lockOut: { attempts: 5, forMs: 30 * 60_000 },
    soap11Faults: false,
    media1: true,
    hasSubStream: true,
    hasSnapshot: true,
    macStyle: 'colons',
    events: { reference: 'path', needsAction: true },
  },
  rtsp: {
    digestAlgorithms: ['SHA-256', 'MD5'],
    paths: {
      main: '/Streaming/Channels/101?transportmode=unicast',
      sub: '/Streaming/Channels/102?transportmode=unicast',
    },
    ownChannels: false,
    absoluteControls: true,
    sendsContentBase: true,
    sessionTimeoutS: 60,
    maxSessions: 6,
    supportsGetParameter: true,
    startsAtKeyFrame: true,
    nonceLifetimeS: 60,
    serverHeader: 'NL-Rtsp/1.4',
  },
  encoder: {
    mainCodec: 'H264',
    profile: 'high',
    slices: 1,
    gopSeconds: 2,
    accessUnitDelimiters: false,
    repeatsParameterSets: true,
  },
};

const tianqiao: CameraModel = {
  name: 'TQ-6IR',
  manufacturer: 'Tianqiao',
  firmware: '2.800.0000.5.R',
  hardware: '1.00',
  onvif: {
    authentication: 'digest',
    prefixes: { s: 's', tds: 'wsdl', trt: 'media', tr2: 'media2', tt: 'sch', ter: 'e' },
    contentType: 'application/soap+xml',
    faultStatus: 500,
    missingOperations: ['GetHostname', 'SetHostname', 'GetVideoEncoderConfigurationOptions'],
    openCapabilities: false,
    media2: false,
    servicePaths: {
      device: '/onvif/device_service',
      media: '/onvif/media_service',
      media2: '/onvif/media2_service',
    },
    profileTokens: { main: 'profile000', sub: 'profile001' },
    digestAlgorithms: ['MD5'],
    omitsRateControl: false,
    tokenFreshnessMs: 300_000,
    lockOut: { attempts: 5, forMs: 5 * 60_000 },
    soap11Faults: false,
    media1: true,
    hasSubStream: true,
    hasSnapshot: true,
    macStyle: 'colons',
    events: { reference: 'path', needsAction: false },
  },
  rtsp: {
    digestAlgorithms: ['MD5'],
    paths: {
      main: '/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif',
      sub: '/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif',
    },
    ownChannels: true,
    absoluteControls: false,
    sendsContentBase: true,
    sessionTimeoutS: 60,
    maxSessions: 4,
    supportsGetParameter: true,
    startsAtKeyFrame: false,
    nonceLifetimeS: 300,
    serverHeader: 'TQ Rtsp Server/2.0',
  },
  encoder: {
    mainCodec: 'H264',
    profile: 'main',
    slices: 4,
    gopSeconds: 2,
    accessUnitDelimiters: true,
    repeatsParameterSets: true,
  },
};

const sabz: CameraModel = {
  name: 'SB-720E',
  manufacturer: 'Sabz Electronics',
  firmware: '1.0.3',
  hardware: 'SB7',
  onvif: {
    authentication: 'wsse',
    prefixes: { s: 'soap', tds: 'ns1', trt: 'ns2', tr2: 'ns3', tt: 'ns4', ter: 'ns5' },
    contentType: 'application/soap+xml; charset=utf-8; action=""',
    faultStatus: 400,
    missingOperations: ['GetServices', 'GetNetworkInterfaces', 'GetOSDs', 'CreateOSD', 'SetOSD'],
    openCapabilities: true,
    media2: false,
    servicePaths: {
      device: '/onvif/device_service',
      media: '/onvif/services',
      media2: '/onvif/services',
    },
    profileTokens: { main: '000', sub: '001' },
    digestAlgorithms: ['MD5'],
    omitsRateControl: true,
    tokenFreshnessMs: 30_000,
    lockOut: null,
    soap11Faults: false,
    media1: true,
    hasSubStream: true,
    hasSnapshot: true,
    macStyle: 'colons',
    events: null,
  },
  rtsp: {
    digestAlgorithms: ['MD5'],
    paths: { main: '/live/ch00_0', sub: '/live/ch00_1' },
    ownChannels: false,
    absoluteControls: true,
    sendsContentBase: false,
    sessionTimeoutS: 60,
    maxSessions: 2,
    supportsGetParameter: false,
    startsAtKeyFrame: true,
    nonceLifetimeS: 3600,
    serverHeader: 'SB',
  },
  encoder: {
    mainCodec: 'H264',
    profile: 'baseline',
    slices: 1,
    gopSeconds: 1,
    accessUnitDelimiters: false,
    repeatsParameterSets: false,
  },
};

const northlightH265: CameraModel = {
  ...northlight,
  name: 'NL-H65',
  hardware: 'H65-R1',
  encoder: { ...northlight.encoder, mainCodec: 'H265' },
};

/** Profile T alone: Media 2, HTTP Digest only, subscriptions told apart by a reference parameter. */
const paragon: CameraModel = {
  ...northlight,
  name: 'PX-9T',
  manufacturer: 'Paragon Optics',
  firmware: '11.8.61',
  hardware: '9A2',
  onvif: {
    ...northlight.onvif,
    authentication: 'digest',
    prefixes: { s: 'SOAP-ENV', tds: 'tds', trt: 'trt', tr2: 'tr2', tt: 'tt', ter: 'ter' },
    missingOperations: ['GetCapabilities'],
    servicePaths: { device: '/onvif/device_service', media: '/', media2: '/onvif/services' },
    profileTokens: { main: 'profile_1_h264', sub: 'profile_2_h264' },
    digestAlgorithms: ['SHA-256'],
    lockOut: null,
    media1: false,
    macStyle: 'dashes',
    events: { reference: 'parameter', needsAction: true },
  },
};

/** The cheapest on the market: one stream, no pictures, no MAC, faults in SOAP 1.1, HTML as type. */
const rasta: CameraModel = {
  ...sabz,
  name: 'RS-1',
  manufacturer: 'Rasta',
  firmware: '0042',
  hardware: 'generic',
  onvif: {
    ...sabz.onvif,
    prefixes: { s: 'S', tds: 'a', trt: 'b', tr2: 'c', tt: 'd', ter: 'e' },
    contentType: 'text/html; charset=utf-8',
    missingOperations: [
      ...['GetServices', 'GetOSDs', 'CreateOSD', 'SetOSD', 'GetNTP', 'SetNTP', 'SetHostname'],
      ...['GetSnapshotUri', 'SetSynchronizationPoint', 'GetVideoEncoderConfigurationOptions'],
    ],
    soap11Faults: true,
    hasSubStream: false,
    hasSnapshot: false,
    macStyle: 'missing',
  },
};

/** The makes that the fleet plays: six vendors, one of them also with an H.265 camera. */
export const cameraModels: readonly CameraModel[] = [
  kohinoor,
  northlight,
  tianqiao,
  sabz,
  northlightH265,
  paragon,
  rasta,
];

/** The model of this name. Throws a RangeError when there is none. */
export function cameraModelNamed(name: string): CameraModel {
  const model = cameraModels.find((candidate) => candidate.name === name);
  if (model === undefined) throw new RangeError(`no camera model is named ${name}`);
  return model;
}
