import type { Timeline } from '@nigehban/domain/footage.ts';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { dayMs, formatDate, formatTime } from '../i18n/station-time.ts';
import { locate } from '../playback/playback-plan.ts';
import styles from './timeline.module.css';
import { paintTimeline, type TimelineColours, timelineHeightPx } from './timeline-paint.ts';
import { panView, type TimelineView, xToTime, zoomView } from './timeline-view.ts';

/** A drag that rests this long shows its picture before it is let go. */
const restMs = 150;
const overviewReachPx = 14;

/** A day of one camera as a slider; always left to right, as clocks and films are. */
export function TimelineSlider(props: {
  readonly timeline: Timeline | null;
  readonly dayStartMs: number;
  readonly nowMs: number;
  readonly atMs: number;
  readonly view: TimelineView;
  readonly onView: (view: TimelineView) => void;
  readonly onSeek: (atMs: number) => void;
}) {
  const { t, language } = useI18n();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [widthPx, setWidthPx] = useState(0);
  const [hoverMs, setHoverMs] = useState<number | null>(null);
  const [dragMs, setDragMs] = useState<number | null>(null);
  const dragging = useRef<'head' | 'view' | null>(null);
  const rest = useRef<ReturnType<typeof setTimeout> | null>(null);
  const shownMs = dragMs ?? props.atMs;
  useThemeChange();

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidthPx(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || widthPx === 0) return;
    const scale = window.devicePixelRatio;
    const height = Math.round(timelineHeightPx * scale);
    const width = Math.round(widthPx * scale);
    // Setting the size clears and reallocates: only when it changed.
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(element);
    paintTimeline(context, widthPx, {
      timeline: props.timeline,
      view: props.view,
      dayStartMs: props.dayStartMs,
      nowMs: props.nowMs,
      atMs: shownMs,
      hoverMs: dragMs === null ? hoverMs : null,
      colours: readColours(style),
      font: `12px ${style.fontFamily}`,
    });
  });

  // React's own wheel listener is passive: the page would scroll while the timeline zooms.
  const { view, dayStartMs, onView } = props;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const delta = sideways ? event.deltaX || event.deltaY : event.deltaY;
      if (sideways) onView(panView(view, (delta / 600) * view.spanMs, dayStartMs));
      else {
        const anchor = xToTime(view, element.clientWidth, event.offsetX);
        onView(zoomView(view, delta > 0 ? 1.25 : 0.8, anchor, dayStartMs));
      }
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [view, dayStartMs, onView]);

  const timeAt = (event: PointerEvent): number =>
    Math.min(
      Math.max(xToTime(view, widthPx, event.nativeEvent.offsetX), dayStartMs),
      Math.min(dayStartMs + dayMs, props.nowMs),
    );
  const moveViewTo = (event: PointerEvent): void => {
    const centre = dayStartMs + (event.nativeEvent.offsetX / widthPx) * dayMs;
    onView(panView(view, centre - view.spanMs / 2 - view.fromMs, dayStartMs));
  };
  const stopRest = (): void => {
    if (rest.current !== null) clearTimeout(rest.current);
  };

  const found = props.timeline === null ? null : locate(props.timeline, shownMs);
  const state =
    found === null || found.kind === 'nothing'
      ? t('playback.value.nothing')
      : found.kind === 'recorded'
        ? t('playback.value.recorded')
        : found.cause === null
          ? t('playback.value.nothing')
          : t('playback.value.gap', { cause: t(`gap.${found.cause}`) });

  return (
    <canvas
      ref={canvas}
      className={styles.timeline}
      dir="ltr"
      role="slider"
      tabIndex={0}
      aria-label={t('playback.timeline', { date: formatDate(dayStartMs, language) })}
      aria-valuemin={0}
      aria-valuemax={dayMs / 1000}
      aria-valuenow={Math.round((shownMs - dayStartMs) / 1000)}
      aria-valuetext={t('playback.valueText', {
        date: formatDate(shownMs, language),
        time: formatTime(shownMs),
        state,
      })}
      data-testid="timeline"
      data-at-ms={Math.round(shownMs)}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        dragging.current = event.nativeEvent.offsetY < overviewReachPx ? 'view' : 'head';
        if (dragging.current === 'view') moveViewTo(event);
        else setDragMs(timeAt(event));
      }}
      onPointerMove={(event) => {
        if (dragging.current === 'view') moveViewTo(event);
        else if (dragging.current === 'head') {
          const at = timeAt(event);
          setDragMs(at);
          stopRest();
          rest.current = setTimeout(() => props.onSeek(at), restMs);
        } else setHoverMs(timeAt(event));
      }}
      onPointerUp={(event) => {
        stopRest();
        if (dragging.current === 'head') props.onSeek(timeAt(event));
        dragging.current = null;
        setDragMs(null);
      }}
      onPointerCancel={() => {
        stopRest();
        dragging.current = null;
        setDragMs(null);
      }}
      onPointerLeave={() => setHoverMs(null)}
    />
  );
}

function readColours(style: CSSStyleDeclaration): TimelineColours {
  const colour = (name: string): string => style.getPropertyValue(name);
  return {
    recorded: colour('--recorded'),
    gap: colour('--warn'),
    empty: colour('--raised'),
    line: colour('--control-line'),
    text: colour('--muted'),
    head: colour('--focus'),
    surface: colour('--bg'),
  };
}

/** A canvas keeps the colours that it was painted with: renders anew when the theme changes. */
function useThemeChange(): void {
  const [, setTheme] = useState(() => document.documentElement.dataset.theme);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset.theme));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
}
