import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice } from '../ui/notice.tsx';

export function NotFoundPage() {
  const { t } = useI18n();
  return (
    <EmptyNotice
      icon={<Compass aria-hidden="true" />}
      isPage
      title={t('notFound.title')}
      text={t('notFound.text')}
    >
      <Link to="/" className={controls.button}>
        {t('notFound.home')}
      </Link>
    </EmptyNotice>
  );
}

export function RouteFault(props: { readonly error: unknown; readonly reset?: () => void }) {
  return <FaultNotice fault={props.error} onRetry={() => window.location.reload()} />;
}
