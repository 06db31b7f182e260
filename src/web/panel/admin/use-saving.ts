import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RequestProblem } from '../../shared/http/request.ts';

/**
 * Saving a form: busy meanwhile, and what is wrong afterwards. `save` throws `RequestProblem`; a text it gives back is
 * the form's own complaint.
 */
export function useSaving(save: () => Promise<string | undefined>) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [complaint, setComplaint] = useState<string | null>(null);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setComplaint(null);
    try {
      setComplaint((await save()) ?? null);
    } catch (error) {
      setComplaint(t(`errors.${error instanceof RequestProblem ? error.code : 'internal'}`));
    } finally {
      setBusy(false);
    }
  }
  return { busy, complaint, submit: (event: FormEvent) => void submit(event) };
}
