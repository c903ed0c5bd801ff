import { expect, test } from 'vitest';
import { actionsUnder, defaultListeningPolicy, mayListen } from './live-sound.ts';
import { actionsOf, can, roles } from './permissions.ts';

const listeners = (operatorsListen: boolean) =>
  roles.filter((role) => mayListen(role, { operatorsListen }));

test('operators listen only where an administrator decided so; who gets no pictures never', () => {
  expect(listeners(defaultListeningPolicy.operatorsListen)).toEqual(['supervisor']);
  expect(listeners(true)).toEqual(['operator', 'supervisor']);
  for (const role of listeners(true)) expect(can(role, 'live.watch')).toBe(true);
});

test('the policy adds that one action to operators and nothing to anybody else', () => {
  for (const role of roles) {
    expect(actionsUnder(role, { operatorsListen: false })).toEqual(actionsOf(role));
    const added = actionsUnder(role, { operatorsListen: true }).filter(
      (action) => !actionsOf(role).includes(action),
    );
    expect(added).toEqual(role === 'operator' ? ['live.listen'] : []);
  }
});
