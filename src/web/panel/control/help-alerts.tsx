import { Button } from '@mantine/core';
import { IconCheck, IconLifebuoy } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { AudioMode } from '../../../contract/supervisions.ts';
import { reasonLengthMax } from '../../../contract/supervisions.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { Since } from '../../shared/time/since.tsx';
import { board, useRows } from '../live/live.ts';
import { findMine, usePending } from '../supervision/mine.ts';
import { modeIcons } from '../supervision/mode-look.tsx';
import { changeMode, startSupervision } from '../supervision/verbs.ts';
import { takeHelp } from './control-requests.ts';
import classes from './help-alerts.module.css';

const shownMax = 3;
const modes = ['listen', 'whisper'] as const satisfies AudioMode[];

/** Agents who ask for help, the longest first: heard with one click, without a question. */
export function HelpAlerts() {
  const { t } = useTranslation();
  const agents = useRows(board.agents);
  const asking = useMemo(
    () =>
      agents
        .filter(({ help }) => help !== null)
        .sort((a, b) => (a.help?.since ?? '').localeCompare(b.help?.since ?? '')),
    [agents],
  );
  return (
    <div className={classes['alerts']} role="status">
      {asking.slice(0, shownMax).map((agent) => (
        <HelpAlert key={agent.id} agent={agent} />
      ))}
      {asking.length > shownMax && (
        <p className={classes['others']}>{t('helpCall.others', { count: asking.length - shownMax })}</p>
      )}
    </div>
  );
}

function HelpAlert({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const me = useMe();
  const [busy, setBusy] = useState(false);
  const pending = usePending() !== null;
  const name = agent.name.slice(0, 100);
  async function take() {
    setBusy(true);
    await takeHelp(agent);
    setBusy(false);
  }
  function hear(mode: AudioMode) {
    const mine = findMine(me.person.id);
    if (mine?.agentId === agent.id) return void changeMode(mine, mode);
    const words = agent.help?.text
      ? `${t('helpCall.reason')}${t('common.colon')}${agent.help.text}`
      : t('helpCall.reason');
    void startSupervision(agent, { mode, scope: 'call', reason: words.slice(0, reasonLengthMax) });
  }
  return (
    <section className={classes['alert']} data-help={agent.id} aria-label={t('helpCall.asks', { name })}>
      <IconLifebuoy size={20} aria-hidden="true" className={classes['icon']} />
      <span className={classes['who']}>
        <b>
          <bdi>{t('helpCall.asks', { name })}</bdi>
        </b>
        {agent.help?.text ? <Plain text={agent.help.text} /> : null}
      </span>
      {agent.help && <Since at={agent.help.since} className={classes['since']} />}
      {modes
        .filter((mode) => agent.mayDo.includes(mode))
        .map((mode) => {
          const Icon = modeIcons[mode];
          return (
            <Button
              key={mode}
              size="compact-sm"
              variant="default"
              disabled={pending}
              data-help-action={mode}
              leftSection={<Icon size={15} aria-hidden="true" />}
              onClick={() => hear(mode)}
            >
              {t(`helpCall.${mode}`)}
            </Button>
          );
        })}
      {may(me, 'agents.control') && (
        <Button
          size="compact-sm"
          loading={busy}
          title={t('helpCall.takenHint')}
          data-help-action="taken"
          leftSection={<IconCheck size={15} aria-hidden="true" />}
          onClick={() => void take()}
        >
          {t('helpCall.taken')}
        </Button>
      )}
    </section>
  );
}
