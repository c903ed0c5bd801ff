import type { AlertGroup, AvailabilityGroup } from '@nigehban/domain/api/report-types.ts';
import type { ReactNode } from 'react';
import admin from '../admin/admin.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import styles from './reports.module.css';

/** Figures by group, with their total at the foot; `heads` name the columns behind the group's. */
export function ReportTable(props: {
  readonly label: string;
  readonly groupBy: AlertGroup | AvailabilityGroup;
  readonly heads: readonly string[];
  readonly total: ReactNode;
  readonly children: ReactNode;
}) {
  const { t } = useI18n();
  return (
    <ScrollBox label={props.label}>
      <table className={classNames(admin.table, styles.table)}>
        <thead>
          <tr>
            <th scope="col">{t(`reports.group.${props.groupBy}`)}</th>
            {props.heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
        <tfoot>{props.total}</tfoot>
      </table>
    </ScrollBox>
  );
}
