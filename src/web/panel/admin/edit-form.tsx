import { TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { nameLengthMax } from '../../../contract/common.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { FormModal } from './form-modal.tsx';

export interface EditFormProps {
  onClose(): void;
  /** It is saved: the list is to be read again. */
  onDone(): void;
}
interface NamedFormProps extends EditFormProps {
  title: string;
  /** Of what is edited; undefined for something new. */
  name: string | undefined;
  /** Gets the name trimmed; as `FormModal` has it otherwise. */
  save(name: string): Promise<string | undefined>;
  children?: ReactNode;
}

/** The form of anything that has a name: agent, login, team, queue. */
export function EditForm({ title, name: before, save, onClose, onDone, children }: NamedFormProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(before ?? '');
  async function submit(): Promise<string | undefined> {
    const complaint = await save(name.trim());
    if (complaint !== undefined) return complaint;
    notifyDone(t('common.saved'));
    onDone();
    return undefined;
  }
  return (
    <FormModal title={title} onClose={onClose} save={submit}>
      <TextInput
        label={t('common.name')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={nameLengthMax}
        required
        pattern=".*\S.*"
        data-autofocus
      />
      {children}
    </FormModal>
  );
}
