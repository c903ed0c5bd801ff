export const noticeTabs = ['recipients', 'messages', 'channels', 'escalation'] as const;
export type NoticeTab = (typeof noticeTabs)[number];

export interface NoticesSearch {
  /** Absent: recipients. */
  readonly tab?: NoticeTab;
  readonly state?: 'waiting' | 'sent' | 'dead';
}

export function parseNoticesSearch(search: Record<string, unknown>): NoticesSearch {
  const tab = noticeTabs.find((one) => one === search.tab);
  const state = (['waiting', 'sent', 'dead'] as const).find((one) => one === search.state);
  return {
    ...(tab === undefined || tab === 'recipients' ? {} : { tab }),
    ...(state === undefined ? {} : { state }),
  };
}
