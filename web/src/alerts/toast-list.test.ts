import { expect, test } from 'vitest';
import { addToast } from './toast-list.ts';

const toast = (id: string) => ({ id, subject: id, text: '' });
const ids = (toasts: readonly { id: string }[]): readonly string[] => toasts.map(({ id }) => id);

test('three at most stand at once, the newest last', () => {
  const all = ['a', 'b', 'c', 'd'].reduce(
    (list: ReturnType<typeof addToast>, id) => addToast(list, toast(id)),
    [],
  );
  expect(ids(all)).toEqual(['b', 'c', 'd']);
});

test('what is delivered twice stands once', () => {
  expect(ids(addToast([toast('a'), toast('b')], toast('a')))).toEqual(['b', 'a']);
});
