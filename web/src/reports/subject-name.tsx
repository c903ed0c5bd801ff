import type { ReportSubject } from '@nigehban/domain/api/report-types.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { severities } from '@nigehban/domain/notice-occasion.ts';
import { Link } from '@tanstack/react-router';
import admin from '../admin/admin.module.css';
import { Code, useI18n } from '../i18n/i18n.tsx';

/** What a row is about, in the reader's language, with the way to its page. */
export function SubjectName(props: { readonly subject: ReportSubject }) {
  const { t, pick } = useI18n();
  const { subject } = props;
  const { key, cameraId, stationCode, station, stationUr, district, districtUr } = subject;
  if (cameraId !== null) {
    return (
      <Link to="/cameras/$id" params={{ id: String(cameraId) }}>
        <Code>{key}</Code>
      </Link>
    );
  }
  if (stationCode !== null) {
    return (
      <>
        <Link to="/stations/$code" params={{ code: stationCode }}>
          {pick(station ?? stationCode, stationUr ?? '')}
        </Link>
        <div className={admin.muted}>
          <Code>{stationCode}</Code>
        </div>
      </>
    );
  }
  if (district !== null) return pick(district, districtUr ?? '');
  const phase = pollPhases.find((one) => one === key);
  if (phase !== undefined) return t(`phase.${phase}`);
  const severity = severities.find((one) => one === key);
  if (severity !== undefined) return t(`notices.severity.${severity}`);
  return <Code>{key}</Code>;
}
