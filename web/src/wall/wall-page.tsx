import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { getRouteApi } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, EyeOff, Maximize, Plus, RotateCcw, Video } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useHotkeys } from '../app/hotkeys.ts';
import { useCamera, useFleet } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, LoadingRows } from '../ui/notice.tsx';
import { LiveSourceProvider } from './live-source.tsx';
import { Tile } from './tile.tsx';
import { useDocumentVisible } from './use-document-visible.ts';
import {
  type Layout,
  layouts,
  moveTile,
  orderCameras,
  pageSlots,
  parseLayout,
  placeCamera,
} from './wall-layout.ts';
import styles from './wall-page.module.css';
import { formatSlots, parseSlots } from './wall-search.ts';

const route = getRouteApi('/wall/$layout');
const CameraPicker = lazy(async () => ({
  default: (await import('./camera-picker.tsx')).CameraPicker,
}));

/** 1, 4, 9 or 16 live pictures. The address holds everything: it can be bookmarked and shared. */
export function WallPage() {
  const { t } = useI18n();
  const { loaded, cameras } = useFleet();
  const mayWatch = useCan('live.watch');
  if (!mayWatch) {
    return <EmptyNotice icon={<EyeOff aria-hidden="true" />} title={t('wall.noPermission')} />;
  }
  if (!loaded) return <LoadingRows rows={4} />;
  if (cameras.length === 0) {
    return (
      <EmptyNotice
        icon={<Video aria-hidden="true" />}
        title={t('wall.empty.title')}
        text={t('wall.empty.text')}
      />
    );
  }
  return (
    <LiveSourceProvider>
      <Wall cameras={cameras} />
    </LiveSourceProvider>
  );
}

function useWallAddress(cameras: readonly CameraView[]) {
  const { layout: layoutText } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const layout = parseLayout(layoutText);
  // Which cameras exist changes seldom, their states often: the order depends on the former only.
  const key = cameras.map((camera) => camera.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the cameras
  const ordered = useMemo(() => orderCameras(cameras), [key]);
  const all = search.cams === undefined ? ordered : parseSlots(search.cams);
  const shown = pageSlots(all, layout, search.page ?? 1);
  const known = new Set(ordered);
  const slots = shown.slots.map((slot) => (slot !== null && known.has(slot) ? slot : null));
  const big = search.big !== undefined && known.has(search.big) ? search.big : null;

  return {
    layout,
    page: shown.page,
    pages: shown.pages,
    slots,
    big,
    chosen: search.cams !== undefined,
    goLayout: (next: Layout) => {
      // The first camera in view stays in view.
      const first = (shown.page - 1) * layout;
      void navigate({
        params: { layout: String(next) },
        search: ({ big: _, ...rest }) => ({ ...rest, page: Math.floor(first / next) + 1 }),
      });
    },
    goPage: (page: number) => {
      if (page < 1 || page > shown.pages) return;
      void navigate({ search: ({ big: _, ...rest }) => ({ ...rest, page }) });
    },
    enlarge: (camera: CameraId | null) =>
      void navigate({
        search: ({ big: _, ...rest }) => (camera === null ? rest : { ...rest, big: camera }),
      }),
    place: (tile: number, camera: CameraId | null) => {
      if (search.cams === undefined) {
        void navigate({ search: { cams: formatSlots(placeCamera(slots, tile, camera)) } });
        return;
      }
      const padded = [...all];
      while (padded.length < shown.page * layout) padded.push(null);
      const index = (shown.page - 1) * layout + tile;
      const cams = formatSlots(placeCamera(padded, index, camera));
      void navigate({ search: (former) => ({ ...former, cams }) });
    },
    reset: () => void navigate({ search: {} }),
  };
}

function Wall(props: { readonly cameras: readonly CameraView[] }) {
  const address = useWallAddress(props.cameras);
  const { layout, slots, big } = address;
  const visible = useDocumentVisible();
  const [active, setActive] = useState(0);
  const [choosing, setChoosing] = useState<number | null>(null);
  const tiles = useRef(new Map<number, HTMLElement>());
  const grid = useRef<HTMLDivElement>(null);
  const current = Math.min(active, layout - 1);

  const focusTile = useCallback((tile: number) => {
    setActive(tile);
    tiles.current.get(tile)?.focus();
  }, []);

  // Enlarging and returning keep the keyboard on the same camera.
  const bigTile = big === null ? null : slots.indexOf(big);
  useEffect(() => {
    if (bigTile !== null && bigTile >= 0) focusTile(bigTile);
  }, [bigTile, focusTile]);

  const toggle = (tile: number): void => {
    const camera = slots[tile] ?? null;
    if (camera !== null) address.enlarge(big === camera ? null : camera);
    else setChoosing(tile);
  };

  const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
  const pageKeys = { back: ['[', 'PageUp'], forth: [']', 'PageDown'] };
  const layoutKeys = { '1': 1, '2': 4, '3': 9, '4': 16, '9': 9 } as const;
  useHotkeys([
    { keys: arrows, run: (event) => focusTile(moveTile(current, event.key, layout)) },
    ...Object.entries(layoutKeys).map(([key, next]) => ({
      keys: [key],
      run: () => address.goLayout(next),
    })),
    { keys: pageKeys.back, run: () => address.goPage(address.page - 1) },
    { keys: pageKeys.forth, run: () => address.goPage(address.page + 1) },
    { keys: ['f'], run: () => void toggleFullscreen(grid.current) },
    { keys: ['c'], run: () => setChoosing(current) },
    { keys: ['Escape'], run: () => address.enlarge(null) },
  ]);

  return (
    <div className={styles.page}>
      <WallToolbar address={address} onFullscreen={() => void toggleFullscreen(grid.current)} />
      <div
        ref={grid}
        className={classNames(styles.grid, big !== null && styles.single)}
        data-layout={layout}
        dir="ltr"
      >
        {slots.map((slot, tile) => (
          <Slot
            // biome-ignore lint/suspicious/noArrayIndexKey: with the camera the place is the identity
            key={`${tile}-${slot ?? 'empty'}`}
            camera={slot}
            hidden={big !== null && slot !== big}
            enlarged={big !== null && slot === big}
            enabled={visible}
            quality={layout === 1 || (big !== null && slot === big) ? 'main' : 'sub'}
            active={tile === current}
            tileRef={(element) => {
              if (element === null) tiles.current.delete(tile);
              else tiles.current.set(tile, element);
            }}
            onFocus={() => setActive(tile)}
            onToggle={() => toggle(tile)}
            onChoose={() => setChoosing(tile)}
            onRemove={() => address.place(tile, null)}
          />
        ))}
      </div>
      <Suspense>
        {choosing !== null && (
          <CameraPicker
            onClose={() => {
              setChoosing(null);
              focusTile(choosing);
            }}
            onChoose={(camera) => {
              address.place(choosing, camera);
              setChoosing(null);
            }}
          />
        )}
      </Suspense>
    </div>
  );
}

function Slot(props: {
  readonly camera: CameraId | null;
  readonly hidden: boolean;
  readonly enlarged: boolean;
  readonly enabled: boolean;
  readonly quality: 'main' | 'sub';
  readonly active: boolean;
  readonly tileRef: (element: HTMLElement | null) => void;
  readonly onFocus: () => void;
  readonly onToggle: () => void;
  readonly onChoose: () => void;
  readonly onRemove: () => void;
}) {
  const { t, language } = useI18n();
  const camera = useCamera(props.camera ?? 0);
  const dir = language === 'ur' ? 'rtl' : 'ltr';
  if (camera === null) {
    return (
      <div className={styles.empty} hidden={props.hidden} dir={dir}>
        <button
          type="button"
          ref={props.tileRef}
          className={classNames(controls.button, controls.quiet)}
          tabIndex={props.active ? 0 : -1}
          onFocus={props.onFocus}
          onClick={props.onChoose}
        >
          <Plus aria-hidden="true" />
          {t('tile.add')}
        </button>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter reaches the focusable tile inside
    <div
      className={styles.slot}
      hidden={props.hidden}
      dir={dir}
      onKeyDown={(event) => {
        const onTile = (event.target as HTMLElement).dataset.testid === 'wall-tile';
        if (event.key !== 'Enter' || !onTile) return;
        event.preventDefault();
        props.onToggle();
      }}
    >
      <Tile
        camera={camera}
        quality={props.quality}
        enabled={props.enabled && !props.hidden}
        enlarged={props.enlarged}
        selected={props.active}
        tabIndex={props.active ? 0 : -1}
        tileRef={props.tileRef}
        onFocus={props.onFocus}
        actions={{
          onEnlarge: props.onToggle,
          onChoose: props.onChoose,
          onRemove: props.onRemove,
        }}
      />
    </div>
  );
}

function WallToolbar(props: {
  readonly address: ReturnType<typeof useWallAddress>;
  readonly onFullscreen: () => void;
}) {
  const { t } = useI18n();
  const { address } = props;
  const iconButton = classNames(controls.button, controls.icon);
  return (
    <div className={styles.toolbar}>
      <h1>{t('wall.title')}</h1>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
      <div className={controls.group} role="group" aria-label={t('wall.layout.label')}>
        {layouts.map((layout) => (
          <button
            key={layout}
            type="button"
            aria-pressed={layout === address.layout}
            aria-label={t('wall.layout', { count: layout })}
            onClick={() => address.goLayout(layout)}
          >
            {layout}
          </button>
        ))}
      </div>
      {address.chosen && (
        <button
          type="button"
          className={controls.button}
          title={t('wall.reset.hint')}
          onClick={address.reset}
        >
          <RotateCcw aria-hidden="true" />
          {t('wall.reset')}
        </button>
      )}
      <span className={styles.spacer} />
      {address.pages > 1 && (
        <span className={styles.pager}>
          <button
            type="button"
            className={iconButton}
            disabled={address.page <= 1}
            aria-label={t('wall.page.previous')}
            aria-keyshortcuts="["
            onClick={() => address.goPage(address.page - 1)}
          >
            <ChevronLeft aria-hidden="true" data-directional="true" />
          </button>
          <span aria-live="polite">
            {t('wall.page', { page: address.page, pages: address.pages })}
          </span>
          <button
            type="button"
            className={iconButton}
            disabled={address.page >= address.pages}
            aria-label={t('wall.page.next')}
            aria-keyshortcuts="]"
            onClick={() => address.goPage(address.page + 1)}
          >
            <ChevronRight aria-hidden="true" data-directional="true" />
          </button>
        </span>
      )}
      <button
        type="button"
        className={classNames(iconButton, styles.fullscreen)}
        aria-label={t('wall.fullscreen')}
        title={t('wall.fullscreen')}
        aria-keyshortcuts="F"
        onClick={props.onFullscreen}
      >
        <Maximize aria-hidden="true" />
      </button>
    </div>
  );
}

async function toggleFullscreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement !== null) await document.exitFullscreen();
  else await element?.requestFullscreen().catch(() => undefined);
}
