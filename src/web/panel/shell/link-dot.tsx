import { useTranslation } from 'react-i18next';
import { useLink } from '../live/live.ts';
import classes from './shell.module.css';

/** Whether what is shown is live. */
export function LinkDot() {
  const { t } = useTranslation();
  const { state } = useLink();
  const text = t(state === 'live' ? 'link.live' : 'link.connecting');
  return (
    <div className={classes['link']} title={text}>
      <span className={classes['dot']} data-link={state} aria-hidden="true" />
      <span className={classes['word']}>{text}</span>
    </div>
  );
}
