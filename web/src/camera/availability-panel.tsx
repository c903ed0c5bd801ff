import { type AvailabilitySum, downtimeCauses } from '@nigehban/domain/availability.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { useQuery } from '@tanstack/react-query';
import { useServices } from '../app/services.tsx';
import { healthApi } from '../health/health-api.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { dayMs, formatDate, startOfDayMs } from '../i18n/station-time.ts';
import own from './availability-panel.module.css';
import panel from './camera-panel.module.css';

const shownDays = 14;
/** Below this a day's bar is red, below the next yellow. */
const poorPercent = 95;
const fairPercent = 99.5;

/** How much of each day the camera gave a picture, and whose doing it was when not. */
export function AvailabilityPanel(props: { readonly cameraId: CameraId; readonly nowMs: number }) {
  const { t, age, moment, language } = useI18n();
  const { cameraId, nowMs } = props;
  const { clock } = useServices();
  const availability = useQuery({
    queryKey: ['camera', cameraId, 'availability'],
    queryFn: () => {
      const toMs = Math.round(clock.nowMs());
      return healthApi.availability(cameraId, startOfDayMs(toMs) - (shownDays - 1) * dayMs, toMs);
    },
    refetchInterval: 60_000,
  });
  const data = availability.data;
  if (data === undefined) return null;
  const describe = (day: AvailabilitySum): string => {
    const date = formatDate(day.fromMs, language);
    return day.availabilityPercent === null
      ? t('availability.dayUnknown', { date })
      : t('availability.day', {
          date,
          percent: percentOf(day.availabilityPercent),
          outages: day.outages,
        });
  };
  const causes = downtimeCauses.filter((cause) => data.downByCauseMs[cause] >= 1_000);
  return (
    <section className={panel.panel} data-testid="availability">
      <div className={panel.panelHead}>
        <h2>{t('availability.title')}</h2>
        {data.availabilityPercent !== null && (
          <strong>
            {t('availability.total', { percent: percentOf(data.availabilityPercent) })}
          </strong>
        )}
      </div>
      {data.availabilityPercent === null ? (
        <p className={panel.muted}>{t('availability.none')}</p>
      ) : (
        <>
          <ol className={own.days} dir="ltr">
            {data.days.map((day) => (
              <li key={day.fromMs} title={describe(day)} data-tone={toneOf(day)}>
                <span className={own.dayBar} aria-hidden="true">
                  <span style={{ blockSize: `${day.availabilityPercent ?? 0}%` }} />
                </span>
                <span className={own.dayName} aria-hidden="true">
                  {new Date(day.fromMs + 5 * 3_600_000).getUTCDate()}
                </span>
                <span className={own.hidden}>{describe(day)}</span>
              </li>
            ))}
          </ol>
          <p>
            {data.upSinceMs === null
              ? t('availability.notUp')
              : t('availability.upSince', {
                  time: moment(data.upSinceMs, nowMs),
                  age: age(nowMs - data.upSinceMs),
                })}
          </p>
          {causes.length > 0 && (
            <ul className={own.causes}>
              {causes.map((cause) => (
                <li key={cause}>
                  {t(`availability.cause.${cause}`, { age: age(data.downByCauseMs[cause]) })}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}

/** One decimal, and never 100.0 for a day with an outage. */
function percentOf(percent: number): string {
  return percent === 100 ? '100' : Math.min(99.9, percent).toFixed(1);
}

function toneOf({ availabilityPercent }: AvailabilitySum): 'none' | 'bad' | 'warn' | 'ok' {
  if (availabilityPercent === null) return 'none';
  if (availabilityPercent < poorPercent) return 'bad';
  return availabilityPercent < fairPercent ? 'warn' : 'ok';
}
