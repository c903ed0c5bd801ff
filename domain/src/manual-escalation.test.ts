import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IncidentCause } from './incident.ts';
import {
  cleanReason,
  decideManualEscalation,
  incidentLevel,
  levelOfNumber,
  reasonLength,
} from './manual-escalation.ts';
import { type EscalationLevel, escalationLevels, levelRank } from './notice-occasion.ts';
import { can, type Role, roles } from './permissions.ts';

test.each<[EscalationLevel, EscalationLevel]>([
  ['district', 'division'],
  ['division', 'province'],
])('from the %s it climbs to the %s', (from, to) => {
  const open = { closed: false, level: from };
  expect(decideManualEscalation(open, 'operator')).toEqual({ kind: 'climbs', from, to });
});

test.each<[string, Role, boolean, EscalationLevel, string]>([
  ['the province has it', 'supervisor', false, 'province', 'top'],
  ['it is closed', 'operator', true, 'district', 'closed'],
  ['it is closed at the top', 'operator', true, 'province', 'closed'],
  ['a technician asks', 'technician', false, 'district', 'role'],
  ['an administrator asks', 'administrator', false, 'district', 'role'],
  ['a technician asks for what is closed', 'technician', true, 'district', 'role'],
])('refused when %s', (_, role, closed, level, why) => {
  expect(decideManualEscalation({ closed, level }, role)).toEqual({ kind: 'refused', why });
});

test('one level up and never further, by those who may, while it is open', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.constantFrom(...escalationLevels),
      fc.constantFrom(...roles),
      (closed, level, role) => {
        const decision = decideManualEscalation({ closed, level }, role);
        const may = !closed && level !== 'province' && can(role, 'alert.escalate');
        expect(decision.kind).toBe(may ? 'climbs' : 'refused');
        if (decision.kind !== 'climbs') return;
        expect(levelRank(decision.to)).toBe(levelRank(level) + 1);
        expect(decision.from).toBe(level);
      },
    ),
  );
});

test('numbers of levels outside the table count as its ends', () => {
  expect([-1, 0, 1, 2, 3].map(levelOfNumber)).toEqual([
    'district',
    'district',
    'division',
    'province',
    'province',
  ]);
});

const feeder: IncidentCause = { kind: 'feeder', key: 'F1' };
test.each<[string, Partial<Parameters<typeof incidentLevel>[0]>, EscalationLevel]>([
  ['one district', {}, 'district'],
  ['two districts of a division', { districts: 2 }, 'division'],
  ['districts of two divisions', { districts: 2, divisions: 2 }, 'province'],
  ['the province as its cause', { cause: { kind: 'province', key: '' } }, 'province'],
  ['a part of ours', { kind: 'OWN', cause: { kind: 'media-node', key: 'm1' } }, 'province'],
  ['no alert left', { districts: 0, divisions: 0 }, 'district'],
  ['one district, escalated', { escalationLevel: 1 }, 'division'],
  ['two divisions, escalated once', { escalationLevel: 1, divisions: 2 }, 'province'],
  ['two districts, escalated to the top', { escalationLevel: 2, districts: 2 }, 'province'],
])('an incident with %s', (_, changes, level) => {
  const incident = { kind: 'OUTAGE', cause: feeder, escalationLevel: 0 } as const;
  expect(incidentLevel({ ...incident, districts: 1, divisions: 1, ...changes })).toBe(level);
});

test.each<[string, string | null]>([
  ['  Crowd at\n\tthe gate ', 'Crowd at the gate'],
  ['اسکول \u200cکے باہر ہجوم', 'اسکول \u200cکے باہر ہجوم'],
  ['\u202eevil\u2066 text\u0000', 'evil text'],
  ['ab', null],
  [' \u200f a \n b', 'a b'],
  ['\u202e\u202e\u202e', null],
  ['', null],
  ['x'.repeat(reasonLength.most), 'x'.repeat(reasonLength.most)],
  ['x'.repeat(reasonLength.most + 1), null],
  [`${'x'.repeat(reasonLength.most)}   `, 'x'.repeat(reasonLength.most)],
])('a reason is one clean line: %j', (given, kept) => {
  expect(cleanReason(given)).toBe(kept);
});

test('a kept reason is kept as it is, in one line, without what turns directions', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
      const kept = cleanReason(given);
      if (kept === null) return;
      expect(cleanReason(kept)).toBe(kept);
      expect(kept).not.toMatch(/[\n\r\t\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
