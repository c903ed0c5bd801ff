/**
 * The catalogue of coded faults: one place for the code, its HTTP status and what a person does
 * next. A code is API: it is never renamed, and the console translates it (`fault.<CODE>`).
 */
export const faultCatalogue = {
  // Requests of people and machines
  REQUEST_INVALID: { status: 400, nextAction: 'Correct the named field and send it again.' },
  SIGN_IN_REQUIRED: { status: 401, nextAction: 'Sign in.' },
  SIGN_IN_REFUSED: { status: 401, nextAction: 'Check user name and password.' },
  SIGN_IN_THROTTLED: { status: 429, nextAction: 'Wait a minute before the next attempt.' },
  PASSWORD_REFUSED: {
    status: 400,
    nextAction: 'Type the present password again.',
  },
  PASSWORD_WEAK: {
    status: 400,
    nextAction: 'Choose a password of 12 characters or more that does not hold the user name.',
  },
  PASSWORD_EXPIRED: {
    status: 401,
    nextAction: 'Ask an administrator for a new one-time password.',
  },
  PASSWORD_CHANGE_REQUIRED: { status: 403, nextAction: 'Choose a password of your own first.' },
  USER_UNKNOWN: { status: 404, nextAction: 'Reload the users.' },
  USER_EXISTS: { status: 409, nextAction: 'Choose another user name.' },
  LAST_ADMINISTRATOR: {
    status: 409,
    nextAction: 'Make somebody else an administrator first.',
  },
  REQUESTS_THROTTLED: { status: 429, nextAction: 'Wait a minute, then go on more slowly.' },
  PERMISSION_DENIED: {
    status: 403,
    nextAction: 'Ask an administrator for the role that may do this.',
  },
  ORIGIN_REFUSED: { status: 403, nextAction: 'Open the console at its own address.' },
  NOT_FOUND: { status: 404, nextAction: 'Check the address.' },
  CAMERA_UNKNOWN: { status: 404, nextAction: 'Check the camera id against the list of cameras.' },
  STATION_UNKNOWN: { status: 404, nextAction: 'Check the polling station code against the plan.' },
  ALERT_UNKNOWN: { status: 404, nextAction: 'Reload the alerts.' },
  ALERT_CHANGED: { status: 409, nextAction: 'Somebody else changed this alert: look at it again.' },
  ALERT_CLOSED: {
    status: 409,
    nextAction: 'Look at its station: what is over cannot be escalated.',
  },
  ESCALATION_TOP_REACHED: {
    status: 409,
    nextAction: 'Call the control room of the province: no level is above it.',
  },
  INCIDENT_UNKNOWN: { status: 404, nextAction: 'Reload the incidents.' },
  FOOTAGE_UNKNOWN: {
    status: 404,
    nextAction: 'Reload the timeline; this piece is not recorded or was removed.',
  },
  DISTRICT_LIST_INVALID: {
    status: 400,
    nextAction: 'Correct the named rows of the list and load it again.',
  },
  DISTRICT_IN_USE: {
    status: 409,
    nextAction: 'Move its stations with a plan first, or keep the district in the list.',
  },
  PLAN_INVALID: {
    status: 400,
    nextAction: 'Correct the named rows of the plan and load it again.',
  },
  PLAN_FILE_INVALID: {
    status: 400,
    nextAction: 'Save the plan as CSV (UTF-8) or XLSX without a password and load it again.',
  },
  PLAN_FILE_TOO_LARGE: { status: 413, nextAction: 'Load the plan in parts, one district a file.' },
  PLAN_COLUMNS_MISSING: { status: 400, nextAction: 'Say which column is which.' },
  PLAN_DRAFT_UNKNOWN: { status: 404, nextAction: 'Load the file of the plan again.' },
  PLAN_DRAFT_BUSY: { status: 409, nextAction: 'Wait until the draft is read or checked.' },
  PLAN_DRAFT_INTERRUPTED: {
    status: 409,
    nextAction: 'Check the draft again, or load its file again.',
  },
  PLAN_BLOCKED: {
    status: 409,
    nextAction: 'Correct the rows that block the plan, or set them aside.',
  },
  PLAN_CHANGED: {
    status: 409,
    nextAction: 'Look at the report again, then apply.',
  },
  PLAN_UNDO_UNAVAILABLE: {
    status: 409,
    nextAction: 'Load the former plan again to go back further.',
  },
  PLAN_UNDO_UNSAFE: {
    status: 409,
    nextAction: 'Correct what is wrong with a new import instead.',
  },

  // Cameras
  CAMERA_NOT_FOUND: {
    status: 404,
    nextAction: 'Run a discovery over its network, or give its address in the plan.',
  },
  CAMERA_UNREACHABLE: {
    status: 502,
    nextAction: 'Check power, cable and network of the polling station.',
  },
  CAMERA_TIMEOUT: {
    status: 504,
    nextAction: 'Check the network to the camera, then restart the camera.',
  },
  CAMERA_AUTH_REFUSED: { status: 502, nextAction: "Check the camera's user name and password." },
  CAMERA_CLOCK_SKEWED: { status: 502, nextAction: "Set the camera's clock (NTP)." },
  CAMERA_ANSWER_INVALID: {
    status: 502,
    nextAction: 'Restart the camera; if it stays, update its firmware or replace it.',
  },
  CAMERA_ANSWER_TOO_LARGE: {
    status: 502,
    nextAction: 'Disconnect the camera from the network and replace it.',
  },
  CAMERA_FAULT: {
    status: 502,
    nextAction: 'Read the fault that the camera reports; restart the camera.',
  },
  CAMERA_OPERATION_UNSUPPORTED: {
    status: 502,
    nextAction: 'Use a camera model that has this ONVIF operation.',
  },
  CAMERA_NO_PROFILE: {
    status: 502,
    nextAction: 'Configure an H.264 or H.265 profile on the camera.',
  },
  CAMERA_ADDRESS_REFUSED: {
    status: 502,
    nextAction: 'The camera names an address that is not its own: check its network settings.',
  },
  CAMERA_SESSIONS_EXHAUSTED: {
    status: 502,
    nextAction: 'Close other viewers of this camera, or raise its session limit.',
  },
  CAMERA_STREAM_INVALID: {
    status: 502,
    nextAction: 'Restart the camera; check its encoder settings.',
  },
  CAMERA_SILENT: {
    status: 502,
    nextAction: 'Restart the camera: it is connected but sends no pictures.',
  },
  CAMERA_FROZEN: {
    status: 502,
    nextAction: 'Restart the camera: it sends the same picture again and again.',
  },
  CAMERA_COVERED: { status: 502, nextAction: 'Uncover the lens; ask who covered it.' },
  CAMERA_DARK: { status: 502, nextAction: 'Switch on light or the night vision of the camera.' },
  CAMERA_MOVED: {
    status: 502,
    nextAction: 'Turn the camera back to its approved view, or have the new view approved.',
  },
  CAMERA_BLURRED: { status: 502, nextAction: 'Clean the lens and set its focus.' },
  CAMERA_DEGRADED: {
    status: 502,
    nextAction: 'Read the reasons on the page of the camera and correct each.',
  },
  CAMERA_NOT_RECORDED: {
    status: 502,
    nextAction: 'Check the disks of the media node that records this camera.',
  },
  CAMERA_STORAGE_FAILED: {
    status: 502,
    nextAction: "Check the camera's memory card: put one in, empty it or replace it.",
  },
  CAMERA_TAMPER_REPORTED: {
    status: 502,
    nextAction: 'Look at the picture and ask the polling station what happened at the camera.',
  },
  CAMERA_UNSTEADY: {
    status: 502,
    nextAction: "Check the plugs, cable, power supply and switch port of the camera's station.",
  },
  CAMERA_PACKETS_LOST: {
    status: 502,
    nextAction: 'Check the network of the polling station, or lower the bitrate of the camera.',
  },
  CAMERA_FRAME_RATE_LOW: {
    status: 502,
    nextAction: 'Check light and exposure time; set the frame rate of the camera again.',
  },
  CAMERA_KEY_FRAMES_RARE: {
    status: 502,
    nextAction: 'Set the key frame interval (GOV length) of the camera to two seconds.',
  },
  CAMERA_STREAM_DIFFERS: {
    status: 502,
    nextAction: 'Apply the camera policy again, or register the camera as it is now.',
  },
  CAMERA_POLICY_DRIFT: {
    status: 502,
    nextAction: 'Apply the camera policy again; see who changes settings at the camera.',
  },
  CAMERA_CODEC_UNSUPPORTED: { status: 502, nextAction: 'Set the camera to H.264 or H.265.' },
  CAMERA_IDENTITY_MISMATCH: {
    status: 409,
    nextAction: 'Another camera answers at this address: check serial number and cabling.',
  },

  FOOTAGE_DOUBTED: {
    status: 403,
    nextAction:
      'Wait until the camera has proved who it is, or ask a supervisor to look at it as evidence.',
  },
  VIEW_UNAPPROVED: {
    status: 403,
    nextAction: 'Two different people have to approve the view of this camera first.',
  },
  VIEW_UNKNOWN: { status: 404, nextAction: 'Load the pictures of the camera again.' },
  VIEW_DECIDED: {
    status: 409,
    nextAction: 'Look at the newest picture: this one is decided or has been replaced.',
  },
  VIEW_APPROVER_SAME: {
    status: 409,
    nextAction: 'Somebody else has to approve it too.',
  },
  ASSIGNMENT_CONFLICT: {
    status: 409,
    nextAction: 'Look at the history of the camera: it serves elsewhere or not at all.',
  },
  CAMERA_TOOL_BUSY: {
    status: 429,
    nextAction: 'Wait a few seconds: the camera was asked a moment ago.',
  },

  // Live view
  LIVE_UNAVAILABLE: {
    status: 503,
    nextAction: 'The picture will come back by itself when the camera or node does.',
  },
  LIVE_LIMIT_REACHED: { status: 503, nextAction: 'Close other live views.' },
  LIVE_SESSION_UNKNOWN: { status: 404, nextAction: 'Open the live view again.' },
  LIVE_SOUND_UNAVAILABLE: {
    status: 409,
    nextAction: 'Set the camera’s audio encoder to G.711 (PCMU or PCMA) at 8 kHz, one channel.',
  },
  LIVE_CODEC_UNSUPPORTED: { status: 415, nextAction: 'Give the camera an H.264 sub-stream.' },

  // Recordings
  TRANSCODING_LIMIT_REACHED: {
    status: 503,
    nextAction: 'Wait until another recording stops playing, or use a browser that plays H.265.',
  },

  EXPORT_UNKNOWN: { status: 404, nextAction: 'Reload the exports.' },
  EXPORT_UNFINISHED: { status: 409, nextAction: 'Wait until the export is done.' },
  EXPORT_FINISHED: { status: 409, nextAction: 'Reload the exports: this one is over.' },
  EXPORT_EXPIRED: {
    status: 410,
    nextAction: 'Export the range again: films are kept for some days.',
  },
  EXPORT_FAILED: { status: 500, nextAction: "Read the media node's log, then export again." },
  EXPORT_LIMIT_REACHED: { status: 429, nextAction: 'Wait until other exports are done.' },

  // Our own parts
  NODE_UNAVAILABLE: { status: 503, nextAction: 'Check the media node and its network.' },
  GATEWAY_UNAVAILABLE: { status: 503, nextAction: 'Check the camera gateway.' },
  LINK_REFUSED: { status: 401, nextAction: 'Give both sides the same NIGEHBAN_CLUSTER_KEY.' },
  DATABASE_UNAVAILABLE: { status: 503, nextAction: 'Check PostgreSQL.' },
  REPORT_TOO_LONG: {
    status: 422,
    nextAction: 'Ask for a shorter time or for one district, or again when less is going on.',
  },
  DATABASE_START_FAILED: { status: 500, nextAction: "Read the database's log in the data folder." },
  MIGRATION_MISMATCH: {
    status: 500,
    nextAction: 'Start the version of Nigehban that this database was made with, or a newer one.',
  },
  QUEUE_UNAVAILABLE: { status: 503, nextAction: 'Check Redis.' },
  REDIS_BINARY_MISSING: { status: 500, nextAction: 'Install the Debian package redis-server.' },
  PACKAGE_MISSING: { status: 500, nextAction: 'Install the named package.' },
  WORKER_BINARY_MISSING: {
    status: 500,
    nextAction: 'Run the set-up again: it builds the mediasoup worker.',
  },
  PORT_TAKEN: {
    status: 500,
    nextAction: 'Stop the other program, or choose another port with NIGEHBAN_PORT.',
  },
  DISK_FULL: { status: 507, nextAction: 'Free space on the named disk.' },
  DISK_FAILED: { status: 500, nextAction: 'Check the named disk.' },
  FILE_LIMIT_LOW: {
    status: 500,
    nextAction: 'Raise the limit of open files (LimitNOFILE) to the named number and restart.',
  },
  SETTING_INVALID: { status: 500, nextAction: 'Correct the named setting.' },
  INTERNAL: { status: 500, nextAction: 'Look at the log with the request id.' },
} as const satisfies Record<string, { status: number; nextAction: string }>;

export type FaultCode = keyof typeof faultCatalogue;

/** A coded fault. The message names the thing at fault (which camera, row, field), never a credential. */
export class Fault extends Error {
  readonly code: FaultCode;
  /** What the message is about, for machines: safe to show and log. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;

  constructor(
    code: FaultCode,
    message: string,
    options: {
      cause?: unknown;
      details?: Readonly<Record<string, string | number | boolean | null>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isFaultCode(value: unknown): value is FaultCode {
  return typeof value === 'string' && Object.hasOwn(faultCatalogue, value);
}

/** The fault as it travels between processes and to browsers. */
export interface FaultMessage {
  readonly code: FaultCode;
  readonly message: string;
  readonly nextAction: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Anything thrown as a message for others; what is not a {@link Fault} tells nothing of its inside. */
export function toFaultMessage(thrown: unknown): FaultMessage {
  const fault = thrown instanceof Fault ? thrown : new Fault('INTERNAL', 'Internal fault');
  return {
    code: fault.code,
    message: fault.message,
    nextAction: faultCatalogue[fault.code].nextAction,
    details: fault.details,
  };
}

export function fromFaultMessage(message: FaultMessage): Fault {
  return new Fault(isFaultCode(message.code) ? message.code : 'INTERNAL', message.message, {
    details: message.details,
  });
}
