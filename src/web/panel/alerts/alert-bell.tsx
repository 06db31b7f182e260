import { Indicator, Popover, Switch, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconBell, IconBellRinging } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { notifyFact } from '../../shared/shell/notify.ts';
import { Since } from '../../shared/time/since.tsx';
import { changeView, clearFilters } from '../live/index-store.ts';
import classes from './alert-bell.module.css';
import { changeSignals, desktopIsPossible, signalAlerts, signalsStore } from './alert-signals.ts';
import type { Alert } from './alerts-of.ts';
import { useAlerts, watchAlerts } from './alerts-store.ts';

const shownMax = 100;

/** How many things are too long or too many; opens the list of them, and the choice of how they are signalled. */
export function AlertBell({ className, wordClassName }: { className?: string; wordClassName?: string }) {
  const { t } = useTranslation();
  const alerts = useAlerts();
  useEffect(watchAlerts, []);
  useEffect(() => signalAlerts((alert) => textOf(t, alert)), [t]);
  const label = alerts.length === 0 ? t('alerts.none') : t('alerts.count', { count: alerts.length });
  const Bell = alerts.length > 0 ? IconBellRinging : IconBell;
  return (
    <Popover position="right-end" width={360} trapFocus returnFocus withinPortal>
      <Popover.Target>
        <UnstyledButton className={className} title={label}>
          <VisuallyHidden>{label}</VisuallyHidden>
          <Indicator
            aria-hidden="true"
            disabled={alerts.length === 0}
            label={alerts.length > 99 ? '99+' : alerts.length}
            size={16}
            color="red.9"
            offset={2}
          >
            <Bell size={19} aria-hidden="true" />
          </Indicator>
          <span className={wordClassName} aria-hidden="true">
            {t('alerts.title')}
          </span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes['dropdown']}>
        <h2 className={classes['title']}>{t('alerts.title')}</h2>
        {alerts.length === 0 && <p className={classes['none']}>{t('alerts.none')}</p>}
        {alerts.length > 0 && <AlertList alerts={alerts} />}
        <SignalChoice />
      </Popover.Dropdown>
    </Popover>
  );
}

function AlertList({ alerts }: { alerts: readonly Alert[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  function show({ kind, subjectId, name }: Alert): void {
    // Nobody of ours whose row could be shown.
    if (kind === 'heard-outside' && subjectId === '') return void navigate('/audit');
    clearFilters();
    changeView(kind.startsWith('queue-') ? { queue: subjectId } : { q: name });
    void navigate('/');
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keyboard
    <ul className={classes['list']} tabIndex={0} aria-label={t('alerts.title')}>
      {alerts.slice(0, shownMax).map((alert) => (
        <li key={alert.key} data-kind={alert.kind}>
          <button type="button" className={classes['alert']} onClick={() => show(alert)}>
            <bdi className={classes['name']}>{alert.name.slice(0, 120)}</bdi>
            <span>{t(`alerts.kind.${alert.kind}`, { count: alert.count ?? 0 })}</span>
            {alert.since && <Since at={alert.since} className={classes['since']} />}
          </button>
        </li>
      ))}
      {alerts.length > shownMax && <li className={classes['none']}>+{alerts.length - shownMax}</li>}
    </ul>
  );
}

function SignalChoice() {
  const { t } = useTranslation();
  const { sound, desktop } = useSyncExternalStore(signalsStore.subscribe, signalsStore.get);
  async function setDesktop(on: boolean) {
    if ((await changeSignals({ desktop: on })) === 'denied') notifyFact(t('alerts.denied'));
  }
  return (
    <div className={classes['choice']}>
      <Switch
        size="sm"
        label={t('alerts.sound')}
        checked={sound}
        onChange={(event) => void changeSignals({ sound: event.currentTarget.checked })}
      />
      <Switch
        size="sm"
        label={t('alerts.desktop')}
        description={desktopIsPossible() ? undefined : t('alerts.desktopNeedsHttps')}
        disabled={!desktopIsPossible()}
        checked={desktop}
        onChange={(event) => void setDesktop(event.currentTarget.checked)}
      />
    </div>
  );
}

const textOf = (t: TFunction, { kind, name, count }: Alert): string =>
  `${name.slice(0, 80)} – ${t(`alerts.kind.${kind}`, { count: count ?? 0 })}`;
