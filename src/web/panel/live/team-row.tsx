// biome-ignore-all lint/a11y/useSemanticElements: a <table> cannot be virtual, so the grid is made of roles
import { IconChevronDown } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { stateIcons, statesInOrder } from '../../shared/state/state-look.tsx';
import classes from './agent-grid.module.css';
import { toggleSection, useIndex, useView } from './index-store.ts';

interface TeamRowProps {
  teamId: string;
  index: number;
  focused: boolean;
  top: number;
  stuck: boolean;
}

export const TeamRow = memo(function TeamRow({ teamId, index, focused, top, stuck }: TeamRowProps) {
  const { t } = useTranslation();
  const section = useIndex(({ sections }) => sections.get(teamId));
  const open = !useView().folded.has(teamId);
  if (!section) return null;
  const name = (section.name ?? t('live.noTeam')).slice(0, 200);
  const connected = section.total - section.counts.offline;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes['team']}
      data-row-key={teamId}
      data-stuck={stuck || undefined}
      tabIndex={focused ? 0 : -1}
      style={stuck ? undefined : { transform: `translateY(${top}px)` }}
    >
      <div role="rowheader" aria-colspan={7} className={classes['teamCell']} tabIndex={-1}>
        <button
          type="button"
          tabIndex={focused ? 0 : -1}
          className={classes['fold']}
          aria-expanded={open}
          title={t(open ? 'live.collapseTeam' : 'live.expandTeam', { name })}
          onClick={() => toggleSection(teamId)}
        >
          <IconChevronDown size={16} aria-hidden="true" />
          <bdi className={classes['teamName']}>{name}</bdi>
        </button>
        <span className={classes['counts']}>
          {statesInOrder
            .filter((state) => section.counts[state] > 0)
            .map((state) => {
              const Icon = stateIcons[state];
              return (
                <span key={state} data-state={state} title={t(`state.${state}`)}>
                  <Icon size={15} role="img" aria-label={t(`state.${state}`)} />
                  {section.counts[state]}
                </span>
              );
            })}
        </span>
        <span className={classes['total']}>
          {t('live.connected', { count: connected })} / {section.total}
        </span>
      </div>
    </div>
  );
});
