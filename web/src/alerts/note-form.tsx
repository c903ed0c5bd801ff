import { useMutation } from '@tanstack/react-query';
import { MessageSquarePlus } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './note-form.module.css';

/** A note for whoever comes next; a failed one stays in the field. */
export function NoteForm(props: {
  readonly save: (text: string) => Promise<unknown>;
  readonly onSaved: () => void;
}) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const id = useId();
  const note = useMutation({
    mutationFn: props.save,
    onSuccess: () => {
      setText('');
      props.onSaved();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') note.mutate(text.trim());
  };
  return (
    <form className={styles.noteForm} onSubmit={submit}>
      <label htmlFor={id}>{t('alerts.note')}</label>
      <textarea
        id={id}
        className={controls.field}
        rows={2}
        dir="auto"
        maxLength={2_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        data-testid="note-text"
      />
      <button
        type="submit"
        className={controls.button}
        disabled={text.trim() === '' || note.isPending}
      >
        <MessageSquarePlus aria-hidden="true" />
        {t('alerts.note.add')}
      </button>
      {note.isError && <FaultNotice fault={note.error} />}
    </form>
  );
}
