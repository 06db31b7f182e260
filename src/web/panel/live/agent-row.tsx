// biome-ignore-all lint/a11y/useSemanticElements: a <table> cannot be virtual, so the grid is made of roles
import { IconEye, IconPhoneOff } from '@tabler/icons-react';
import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { StateBadge } from '../../shared/state/state-look.tsx';
import { Plain } from '../../shared/text/plain.tsx';
import { Who } from '../../shared/text/who.tsx';
import { Since } from '../../shared/time/since.tsx';
import { AgentActions } from './agent-actions.tsx';
import classes from './agent-grid.module.css';
import { DirectionIcon } from './direction-icon.tsx';
import { HeardOutside } from './heard-outside.tsx';
import { board, useRow } from './live.ts';
import { QueueName } from './queue-name.tsx';
import { SupervisedBy } from './supervised-by.tsx';

interface AgentRowProps {
  agentId: string;
  rowKey: string;
  index: number;
  focused: boolean;
  top: number;
}

/** One agent; renders again only when his own row changes. */
export const AgentRow = memo(function AgentRow({ agentId, rowKey, index, focused, top }: AgentRowProps) {
  const { t } = useTranslation();
  const agent = useRow(board.agents, agentId);
  const me = useMe().person.id;
  if (!agent) return null;
  const queue = mainCall(agent)?.queue;
  const mine = agent.supervisions.some(({ by }) => by.id === me);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`${classes['row']} ${classes['cells']}`}
      data-row-key={rowKey}
      data-agent-id={agentId}
      data-state={agent.state}
      data-mine={mine || undefined}
      tabIndex={focused ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Cell className={classes['name']}>
        <Plain text={agent.name} />
        {agent.devices.length === 0 && (
          <span className={classes['warn']} title={t('live.noDevice')}>
            <IconPhoneOff size={15} role="img" aria-label={t('live.noDevice')} />
          </span>
        )}
        {agent.supervising && (
          <span className={classes['more']}>
            <IconEye size={13} aria-hidden="true" /> {t('live.supervising')}
          </span>
        )}
      </Cell>
      <Cell>
        <StateBadge state={agent.state} detail={agent.state === 'paused' ? agent.pauseReason : null} />
      </Cell>
      <Cell className={classes['since']}>
        <Since at={agent.since} />
      </Cell>
      <WithWhom agent={agent} />
      <Cell>{queue ? <QueueName pbx={agent.pbx} id={queue} dim /> : null}</Cell>
      <Cell>
        <SupervisedBy agent={agent} />
        <HeardOutside agentId={agentId} />
      </Cell>
      <Cell>
        <AgentActions agent={agent} focused={focused} />
      </Cell>
    </div>
  );
});

function Cell({ className = '', children }: { className?: string | undefined; children: ReactNode }) {
  return (
    <div role="gridcell" tabIndex={-1} className={`${classes['cell']} ${className}`}>
      {children}
    </div>
  );
}

/** The call he is talking on; else the first. */
function mainCall(agent: Agent) {
  return agent.calls.find(({ state }) => state === 'talking') ?? agent.calls[0];
}

function WithWhom({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const call = mainCall(agent);
  if (!call) return <Cell>{null}</Cell>;
  const others = agent.calls.length - 1;
  return (
    <Cell>
      <DirectionIcon direction={call.direction} />
      <Who who={call.with} stacked />
      {others > 0 && (
        <span className={classes['more']} title={t('live.moreCalls', { count: others })}>
          +{others}
        </span>
      )}
    </Cell>
  );
}
