import { Button, TextInput } from '@mantine/core';
import { IconLifebuoy } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnAgent } from '../../contract/agent-page.ts';
import { helpTextLengthMax } from '../../contract/agents.ts';
import { Plain } from '../shared/text/plain.tsx';
import { Since } from '../shared/time/since.tsx';
import { Card } from './card.tsx';
import classes from './help-card.module.css';
import { askForHelp, withdrawHelp } from './own-requests.ts';

/** One click calls his supervisors; words are welcome and not needed. */
export function HelpCard({ me }: { me: OwnAgent }) {
  const { t } = useTranslation();
  return (
    <Card title={t('agentPage.help')} {...(me.help && { tone: 'signal' as const })}>
      {me.help ? <Asked me={me} help={me.help} /> : <Ask id={me.id} />}
    </Card>
  );
}

function Ask({ id }: { id: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    if (await askForHelp(id, text.trim())) setText('');
    setBusy(false);
  }
  return (
    <form className={classes['form']} onSubmit={(event) => void submit(event)}>
      <TextInput
        aria-label={t('agentPage.helpText')}
        placeholder={t('agentPage.helpText')}
        value={text}
        maxLength={helpTextLengthMax}
        onChange={(event) => setText(event.currentTarget.value)}
        autoComplete="off"
        className={classes['text'] ?? ''}
      />
      <Button
        type="submit"
        loading={busy}
        data-do="help"
        leftSection={<IconLifebuoy size={17} aria-hidden="true" />}
      >
        {t('agentPage.askHelp')}
      </Button>
    </form>
  );
}

function Asked({ me, help }: { me: OwnAgent; help: NonNullable<OwnAgent['help']> }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  async function withdraw() {
    setBusy(true);
    await withdrawHelp(me.id);
    setBusy(false);
  }
  return (
    <div className={classes['asked']} role="status">
      <span className={classes['words']}>
        {t('agentPage.helpAsked')} <Since at={help.since} className={classes['since']} />
        {help.text && <Plain text={help.text} dim />}
      </span>
      <Button size="compact-sm" variant="default" loading={busy} onClick={() => void withdraw()}>
        {t('agentPage.withdraw')}
      </Button>
    </div>
  );
}
