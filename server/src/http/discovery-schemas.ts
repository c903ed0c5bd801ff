import { discoveryRunStates, quarantineReasons } from '@nigehban/domain/api/discovery-types.ts';
import { Type } from 'typebox';
import { FaultMessageSchema } from './schemas.ts';

const closed = { additionalProperties: false } as const;
const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const port = Type.Integer({ minimum: 1, maximum: 65_535 });
const count = Type.Integer({ minimum: 0 });
const text = Type.Union([Type.String(), Type.Null()]);

export const DiscoveryRunBodySchema = Type.Object(
  {
    cidrs: Type.Array(Type.String({ pattern: '^[0-9.]{7,15}(/[0-9]{1,2})?$' }), {
      maxItems: 1_024,
    }),
    multicast: Type.Boolean(),
    httpPorts: Type.Optional(Type.Array(port, { maxItems: 8 })),
    credentials: Type.Optional(
      Type.Array(
        Type.Object(
          {
            username: Type.String({ minLength: 1, maxLength: 64 }),
            password: Type.String({ maxLength: 128 }),
          },
          closed,
        ),
        { maxItems: 4 },
      ),
    ),
  },
  closed,
);

export const DiscoveryRunViewSchema = Type.Object(
  {
    id: Type.Integer(),
    state: Type.Enum(discoveryRunStates),
    cidrs: Type.Array(Type.String()),
    multicast: Type.Boolean(),
    httpPorts: Type.Array(port),
    startedBy: Type.String(),
    startedAtMs: ms,
    endedAtMs: Type.Union([ms, Type.Null()]),
    chunksDone: count,
    chunks: count,
    addressesAsked: count,
    addresses: count,
    counts: Type.Object({
      found: count,
      bound: count,
      known: count,
      quarantined: count,
      refused: count,
      failed: count,
    }),
    fault: Type.Union([FaultMessageSchema, Type.Null()]),
  },
  closed,
);

export const QuarantineViewSchema = Type.Object(
  {
    id: Type.Integer(),
    address: Type.String(),
    onvifPort: port,
    identity: Type.Union([
      Type.Object({
        manufacturer: Type.String(),
        model: Type.String(),
        firmware: Type.String(),
        serial: text,
        mac: text,
      }),
      Type.Null(),
    ]),
    reason: Type.Enum(quarantineReasons),
    evidence: Type.String(),
    candidates: Type.Array(Type.String()),
    firstSeenMs: ms,
    lastSeenMs: ms,
  },
  closed,
);

export const QuarantineBindBodySchema = Type.Object(
  { cameraCode: Type.String({ minLength: 1, maxLength: 64 }) },
  closed,
);
