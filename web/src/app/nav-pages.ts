import type { Action } from '@nigehban/domain/permissions.ts';
import {
  Activity,
  BellRing,
  ChartColumn,
  FileSpreadsheet,
  Grid2x2,
  Landmark,
  Megaphone,
  Radar,
  ScanEye,
  ScrollText,
  Users,
} from 'lucide-react';

const pages = [
  { to: '/wall', action: 'live.watch', label: 'nav.wall', Icon: Grid2x2 },
  { to: '/stations', action: 'status.read', label: 'nav.stations', Icon: Landmark },
  { to: '/health', action: 'report.read', label: 'nav.health', Icon: Activity },
  { to: '/alerts', action: 'alert.read', label: 'nav.alerts', Icon: BellRing },
  { to: '/approvals', action: 'view.approve', label: 'nav.approvals', Icon: ScanEye },
  { to: '/discovery', action: 'camera.register', label: 'nav.discovery', Icon: Radar },
  { to: '/reports', action: 'report.read', label: 'nav.reports', Icon: ChartColumn },
  { to: '/admin/notices', action: 'notification.manage', label: 'nav.notices', Icon: Megaphone },
  { to: '/admin/users', action: 'user.manage', label: 'nav.users', Icon: Users },
  { to: '/admin/audit', action: 'audit.read', label: 'nav.audit', Icon: ScrollText },
  { to: '/admin/import', action: 'plan.import', label: 'nav.plan', Icon: FileSpreadsheet },
] as const;

export type NavPage = (typeof pages)[number];

/** The pages of somebody who may do `actions`, the most used first. */
export function pagesFor(actions: readonly Action[]): readonly NavPage[] {
  return pages.filter((page) => actions.includes(page.action));
}
