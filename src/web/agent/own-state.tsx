import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnAgent, PauseReason } from '../../contract/agent-page.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { StateBadge } from '../shared/state/state-look.tsx';
import { clock } from '../shared/time/clock.ts';
import { Since } from '../shared/time/since.tsx';
import { Card } from './card.tsx';
import { endMyPause, pauseMyself } from './own-requests.ts';
import classes from './own-state.module.css';

const minuteMs = 60_000;

/** What he is doing and since when, and the button that changes it. */
export function OwnState({ me, reasons }: { me: OwnAgent; reasons: readonly PauseReason[] }) {
  const { t } = useTranslation();
  const limit =
    me.state === 'paused' ? reasons.find(({ name }) => name === me.pauseReason)?.overMinutes : null;
  return (
    <Card title={t('agentPage.state')}>
      <div className={classes['now']} role="status">
        <StateBadge state={me.state} detail={me.state === 'paused' ? me.pauseReason : null} />
        <Timer since={me.since} limitMinutes={limit ?? null} />
      </div>
      {me.paused && me.state !== 'paused' && <p className={classes['hint']}>{t('agentPage.pausedAfter')}</p>}
      {me.state === 'wrap-up' && <p className={classes['hint']}>{t('agentPage.wrapUp')}</p>}
      <PauseControl me={me} reasons={reasons} />
    </Card>
  );
}

function Timer({ since, limitMinutes }: { since: string; limitMinutes: number | null }) {
  const { t } = useTranslation();
  const isOver = useSyncExternalStore(
    clock.subscribe,
    () => limitMinutes !== null && clock.nowMs() - Date.parse(since) > limitMinutes * minuteMs,
  );
  return (
    <span className={classes['timer']} data-over={isOver || undefined}>
      <Since at={since} />
      {limitMinutes !== null && (
        <small>{t(isOver ? 'agentPage.overMinutes' : 'agentPage.ofMinutes', { count: limitMinutes })}</small>
      )}
    </span>
  );
}

function PauseControl({ me, reasons }: { me: OwnAgent; reasons: readonly PauseReason[] }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  async function run(act: () => Promise<boolean>) {
    setBusy(true);
    await act();
    setBusy(false);
  }
  if (me.controlRefusal !== null)
    return <p className={classes['hint']}>{t(`errors.${me.controlRefusal as ErrorCode}`)}</p>;
  const choose = (reason: string | null) => void run(() => pauseMyself(me.id, reason));
  return (
    <div className={classes['buttons']}>
      {me.paused && (
        <Button
          flex={1}
          loading={busy}
          data-do="unpause"
          leftSection={<IconPlayerPlay size={17} aria-hidden="true" />}
          onClick={() => void run(() => endMyPause(me.id))}
        >
          {t('agentPage.unpause')}
        </Button>
      )}
      <Menu position="bottom-start" width="target" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            flex={1}
            variant={me.paused ? 'default' : 'filled'}
            loading={busy && !me.paused}
            data-do="pause"
            leftSection={<IconPlayerPause size={17} aria-hidden="true" />}
            rightSection={<IconChevronDown size={15} aria-hidden="true" />}
          >
            {t(me.paused ? 'agentPage.otherReason' : 'agentPage.pause')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
          {reasons
            .filter(({ name }) => !me.paused || name !== me.pauseReason)
            .map(({ name }) => (
              <Menu.Item key={name} onClick={() => choose(name)}>
                <bdi>{name}</bdi>
              </Menu.Item>
            ))}
          {!me.paused && <Menu.Item onClick={() => choose(null)}>{t('control.noReason')}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
