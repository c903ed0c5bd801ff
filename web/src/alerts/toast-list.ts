export interface Toast {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

/** More would cover the page; the oldest go first, the inbox has them all. */
const most = 3;

/** The newest last; one that is delivered twice stands once. */
export function addToast(toasts: readonly Toast[], toast: Toast): readonly Toast[] {
  return [...toasts.filter((other) => other.id !== toast.id), toast].slice(-most);
}
