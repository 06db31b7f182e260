import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { useMe } from '../session/session-store.ts';
import { isAudioMode } from '../supervision/audio-modes.ts';
import { modeIcons } from '../supervision/mode-look.tsx';
import { chooseMode } from '../supervision/prompt-store.ts';
import classes from './agent-actions.module.css';

/** A button for each thing the viewer may do to this agent now, and for nothing else. */
export function AgentActions({ agent, focused }: { agent: Agent; focused: boolean }) {
  const { t } = useTranslation();
  const me = useMe().person.id;
  const mine = agent.supervisions.find(({ by }) => by.id === me);
  return (
    <span className={classes['actions']}>
      {agent.mayDo.filter(isAudioMode).map((action) => {
        const Icon = modeIcons[action];
        return (
          <button
            key={action}
            type="button"
            className={classes['action']}
            data-action={action}
            data-on={mine?.mode === action || undefined}
            tabIndex={focused ? 0 : -1}
            aria-label={`${t(`mode.${action}`)}${t('common.colon')}${agent.name.slice(0, 100)}`}
            title={t(`modeHint.${action}`)}
            onClick={() => chooseMode(agent, action)}
          >
            <Icon size={14} aria-hidden="true" />
            {t(`mode.${action}`)}
          </button>
        );
      })}
    </span>
  );
}
