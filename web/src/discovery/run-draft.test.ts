import { expect, test } from 'vitest';
import { checkDraft, countAddresses, emptyDraft } from './run-draft.ts';

test('ranges by line, comma or space become what the server is asked', () => {
  expect(
    checkDraft({
      ...emptyDraft,
      ranges: '10.4.0.0/16\n10.5.7.9، 127.16.0.0/28',
      ports: '80; 8000',
      credentials: [
        { username: 'admin', password: 'x' },
        { username: ' ', password: '' },
      ],
    }),
  ).toEqual({
    ok: true,
    addresses: 65_536 + 1 + 16,
    body: {
      cidrs: ['10.4.0.0/16', '10.5.7.9/32', '127.16.0.0/28'],
      multicast: true,
      httpPorts: [80, 8000],
      credentials: [{ username: 'admin', password: 'x' }],
    },
  });
});

test('what is wrong is named', () => {
  expect(checkDraft({ ...emptyDraft, ranges: '10.4.0.0/16 10.300.0.0/16' })).toEqual({
    ok: false,
    field: 'ranges',
    text: '10.300.0.0/16',
  });
  expect(checkDraft({ ...emptyDraft, ports: '80 0' })).toMatchObject({ field: 'ports', text: '0' });
  expect(checkDraft({ ...emptyDraft, multicast: false })).toMatchObject({ field: 'none' });
  expect(countAddresses('10.0.0.0/4')).toBeNull();
  expect(countAddresses('10.0.0')).toBeNull();
});
