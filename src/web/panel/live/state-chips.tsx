import { IconUsers } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { stateIcons, statesInOrder } from '../../shared/state/state-look.tsx';
import classes from './board-toolbar.module.css';
import { changeView, useIndex, useView } from './index-store.ts';

/** Counts and filter in one: how many are in each state, and a click shows only those. */
export function StateChips() {
  const counts = useIndex((index) => index.counts);
  const total = useIndex((index) => index.total);
  const { t } = useTranslation();
  const { state: chosen } = useView();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame around buttons that are no form
    <div className={classes['chips']} role="group" aria-label={t('live.filterState')}>
      <button
        type="button"
        className={classes['chip']}
        aria-pressed={chosen === null}
        onClick={() => changeView({ state: null })}
      >
        <IconUsers size={15} aria-hidden="true" />
        {t('live.everybody')} <b>{total}</b>
      </button>
      {statesInOrder.map((state) => {
        const Icon = stateIcons[state];
        return (
          <button
            key={state}
            type="button"
            className={classes['chip']}
            data-state={state}
            data-none={counts[state] === 0 || undefined}
            aria-pressed={chosen === state}
            onClick={() => changeView({ state: chosen === state ? null : state })}
          >
            <Icon size={15} aria-hidden="true" />
            {t(`state.${state}`)} <b>{counts[state]}</b>
          </button>
        );
      })}
    </div>
  );
}
