import { expect, test } from 'vitest';
import { actionsUnder, defaultListeningPolicy, mayListen } from './live-sound.ts';
import { actionsOf, roles } from './permissions.ts';

const listeners = (operatorsListen: boolean) =>
  roles.filter((role) => mayListen(role, { operatorsListen }));

test('operators listen only where an administrator decided so; technicians never', () => {
  expect(listeners(defaultListeningPolicy.operatorsListen)).toEqual([
    'supervisor',
    'administrator',
  ]);
  expect(listeners(true)).toEqual(['operator', 'supervisor', 'administrator']);
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
