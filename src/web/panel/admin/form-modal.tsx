import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSaving } from './use-saving.ts';

interface FormModalProps {
  title: string;
  onClose(): void;
  /** Throws `RequestProblem`; a text given back is shown as the form's own complaint. */
  save(): Promise<string | undefined>;
  submitLabel?: string;
  children: ReactNode;
}

/** A form in a dialog: one way to save, to fail and to leave. */
export function FormModal({ title, ...form }: FormModalProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={form.onClose}
      title={<bdi>{title}</bdi>}
      size={520}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <SaveForm {...form} />
    </Modal>
  );
}

/** The same where a dialog is open already. */
export function SaveForm({ onClose, save, submitLabel, children }: Omit<FormModalProps, 'title'>) {
  const { t } = useTranslation();
  const { busy, complaint, submit } = useSaving(save);
  return (
    <form onSubmit={submit} noValidate={false}>
      <Stack gap="sm">
        {children}
        {complaint && (
          <Alert color="red" role="alert">
            {complaint}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {submitLabel ?? t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
