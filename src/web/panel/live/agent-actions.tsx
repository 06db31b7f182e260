import { IconDots } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { type AgentVerb, agentVerbs, isOffered } from '../control/agent-verbs.tsx';
import { openMenu } from '../control/menu-store.ts';
import classes from './agent-actions.module.css';

/** A button for each quick thing the viewer may do to this agent now, and one for the menu of all others. */
export function AgentActions({ agent, focused }: { agent: Agent; focused: boolean }) {
  const { t } = useTranslation();
  const me = useMe().person.id;
  const mine = agent.supervisions.find(({ by }) => by.id === me);
  const offered = agentVerbs.filter((verb) => isOffered(agent, verb));
  const tabIndex = focused ? 0 : -1;
  const on = `${t('common.colon')}${agent.name.slice(0, 100)}`;
  return (
    <span className={classes['actions']}>
      {offered
        .filter(({ quick }) => quick)
        .map((verb) => (
          <Quick
            key={verb.action}
            verb={verb}
            agent={agent}
            tabIndex={tabIndex}
            isOn={mine?.mode === verb.action}
          />
        ))}
      {offered.some(({ quick }) => !quick) && (
        <button
          type="button"
          className={classes['more']}
          data-menu
          aria-haspopup="menu"
          tabIndex={tabIndex}
          aria-label={`${t('control.more')}${on}`}
          title={t('control.more')}
          onClick={() => openMenu(agent.id)}
        >
          <IconDots size={16} aria-hidden="true" />
        </button>
      )}
    </span>
  );
}

function Quick({
  verb,
  agent,
  tabIndex,
  isOn,
}: {
  verb: AgentVerb;
  agent: Agent;
  tabIndex: number;
  isOn: boolean;
}) {
  const { t } = useTranslation();
  const { action, icon: Icon } = verb;
  return (
    <button
      type="button"
      className={classes['action']}
      data-action={action}
      data-on={isOn || undefined}
      tabIndex={tabIndex}
      aria-label={`${t(`action.${action}`)}${t('common.colon')}${agent.name.slice(0, 100)}`}
      title={t(`actionHint.${action}`)}
      onClick={() => verb.run(agent)}
    >
      <Icon size={14} aria-hidden="true" />
      {t(`action.${action}`)}
    </button>
  );
}
