import type { PhasesView } from '@nigehban/domain/api/election-types.ts';
import { gravestFirst } from '@nigehban/domain/election-phase.ts';
import admin from '../admin/admin.module.css';
import { useServerNow } from '../app/services.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { useDistrictName } from './district-name.ts';
import { PhaseBadge } from './phase-badge.tsx';
import styles from './phases.module.css';

/** Where every district stands, those that vote or count first. */
export function DistrictPhases(props: { readonly view: PhasesView }) {
  const { t, moment, pick } = useI18n();
  const nowMs = useServerNow(60_000);
  const districtName = useDistrictName();
  const { elections } = props.view;
  const districts = props.view.districts
    .map((district) => ({ ...district, name: districtName(district.districtCode) }))
    .sort(
      (a, b) =>
        gravestFirst.indexOf(a.phase) - gravestFirst.indexOf(b.phase) ||
        a.name.localeCompare(b.name),
    );
  return (
    <ScrollBox className={styles.standing} label={t('phases.now')}>
      <table className={classNames(admin.table, styles.districts)}>
        <caption>{t('phases.now')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('phases.district')}</th>
            <th scope="col">{t('phases.phase')}</th>
            <th scope="col">{t('phases.election')}</th>
            <th scope="col">{t('phases.since')}</th>
            <th scope="col">{t('phases.next')}</th>
          </tr>
        </thead>
        <tbody>
          {districts.map((district) => {
            const election = elections.find((one) => one.id === district.electionId);
            return (
              <tr key={district.districtCode}>
                <th scope="row">{district.name}</th>
                <td>
                  <PhaseBadge phase={district.phase} />
                </td>
                <td>{election !== undefined && pick(election.name, election.nameUr)}</td>
                <td>
                  {district.sinceMs === null
                    ? t('phases.noClock')
                    : moment(district.sinceMs, nowMs)}
                </td>
                <td>
                  {district.nextPhase !== null && district.nextAtMs !== null && (
                    <>
                      {t(`phase.${district.nextPhase}`)} · {moment(district.nextAtMs, nowMs)}
                    </>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollBox>
  );
}
