import { Button, Loader, SegmentedControl } from '@mantine/core';
import { IconPhoneOutgoing, IconPlayerPause, IconPlayerStopFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { type AudioMode, isAudioMode, type Mode, type Supervision } from '../../../contract/supervisions.ts';
import { usePhone } from '../../shared/phone/phone-state.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { Since } from '../../shared/time/since.tsx';
import { board, useLink, useRow } from '../live/live.ts';
import { askSendOn } from '../send-on/send-on-store.ts';
import { FollowingControls } from './following-controls.tsx';
import classes from './listening-bar.module.css';
import { useAskedMode, useMine, usePending, useStopping } from './mine.ts';
import { actionsInOrder, modeIcons } from './mode-look.tsx';
import { TakeoverQuestion } from './takeover-question.tsx';
import { changeMode, stopSupervision } from './verbs.ts';

/** Always on screen while I supervise: whom, how, since when, switch, stop. */
export function ListeningBar() {
  const { t } = useTranslation();
  const mine = useMine();
  const pending = usePending();
  if (!mine && !pending) return <TakeoverQuestion />;
  return (
    <section
      className={classes['bar']}
      aria-label={t('bar.label')}
      data-mode={mine?.mode ?? pending?.mode}
      data-scope={mine?.scope}
    >
      <TakeoverQuestion />
      {mine ? <Running row={mine} /> : <Starting name={pending!.agentName} mode={pending!.mode} />}
    </section>
  );
}

function Starting({ name, mode }: { name: string; mode: Mode }) {
  const { t } = useTranslation();
  return (
    <p className={classes['who']} role="status">
      <Loader size={16} color="currentColor" aria-hidden="true" />
      {t(`bar.${mode}`)} <bdi className={classes['name']}>{name.slice(0, 200)}</bdi>
      <span className={classes['phase']}>{t('bar.starting')}</span>
    </p>
  );
}

function Running({ row }: { row: Supervision }) {
  const { t } = useTranslation();
  const agent = useRow(board.agents, row.agentId);
  const asked = useAskedMode();
  const stopping = useStopping() === row.id || row.state === 'ending';
  const link = useLink();
  const mode = asked?.id === row.id ? asked.mode : row.mode;
  const { permissions } = useMe();
  const { noSound } = usePhone();
  const follows = row.scope === 'agent';
  // Between two calls nothing can be done to the agent now, but the mode of the next one can be chosen.
  const mayDo = (action: AudioMode) =>
    follows ? permissions.includes(`supervision.${action}`) : (agent?.mayDo.includes(action) ?? false);
  const offered = actionsInOrder.filter((action) => action === row.mode || mayDo(action));
  const switchable = (actionsInOrder as readonly string[]).includes(row.mode);
  return (
    <>
      <p className={classes['who']} role="status">
        {row.state !== 'live' && !row.paused && <Loader size={16} color="currentColor" aria-hidden="true" />}
        {t(`bar.${mode}`)} <bdi className={classes['name']}>{(agent?.name ?? '…').slice(0, 200)}</bdi>
      </p>
      <span className={classes['phase']}>
        <Phase row={row} stopping={stopping} />
      </span>
      {row.device === 'browser' && noSound && (
        <span className={classes['hold']} role="alert" title={t(`phone.noSound.${noSound}`)}>
          {t('phone.noSoundShort')}
        </span>
      )}
      {row.onHold && (
        <span className={classes['hold']} role="status">
          <IconPlayerPause size={15} aria-hidden="true" /> {t('bar.onHold')}
        </span>
      )}
      {link.state !== 'live' && <span className={classes['hold']}>{t('bar.stale')}</span>}
      {!row.onHold && row.question === null && row.unheard === null && row.reason !== '' && (
        <bdi
          className={classes['reason']}
          title={`${t('bar.reason')}${t('common.colon')}${row.reason.slice(0, 200)}`}
        >
          {row.reason.slice(0, 200)}
        </bdi>
      )}
      {follows && !stopping && <FollowingControls row={row} />}
      {switchable && (
        <SegmentedControl
          size="sm"
          className={classes['modes']}
          aria-label={t('bar.mode')}
          value={mode}
          disabled={stopping || !(row.state === 'live' || (follows && row.state === 'waiting'))}
          onChange={(value) => void changeMode(row, value as AudioMode)}
          data={offered.map((value) => ({ value, label: <ModeLabel mode={value} /> }))}
        />
      )}
      {!switchable && row.state === 'live' && (
        <Button
          variant="default"
          leftSection={<IconPhoneOutgoing size={15} aria-hidden="true" />}
          disabled={stopping}
          onClick={() => askSendOn({ what: 'hand-over', supervisionId: row.id })}
          className={classes['modes']}
          data-hand-over
        >
          {t('sendOn.hand-over.open')}
        </Button>
      )}
      <Button
        color="red.9"
        className={classes['stop']}
        leftSection={<IconPlayerStopFilled size={15} />}
        loading={stopping}
        onClick={() => void stopSupervision(row.id)}
      >
        {t(switchable ? 'bar.stop' : 'takeover.hangUp')}
      </Button>
    </>
  );
}

function Phase({ row, stopping }: { row: Supervision; stopping: boolean }) {
  const { t } = useTranslation();
  if (stopping) return <>{t('bar.ending')}</>;
  switch (row.state) {
    case 'starting':
      return <>{t('bar.ringing')}</>;
    case 'waiting':
      // A customer who was handed over is on his way; a listening that follows an agent waits for his next call.
      return (
        <>
          {t(!isAudioMode(row.mode) ? 'sendOn.hand-over.onWay' : row.paused ? 'bar.paused' : 'bar.waiting')}
        </>
      );
    case 'live':
      return <Since at={row.startedAt} className={classes['timer']} />;
    case 'ending':
    case 'ended':
      return <>{t('bar.ending')}</>;
    default:
      return row.state satisfies never;
  }
}

function ModeLabel({ mode }: { mode: AudioMode }) {
  const { t } = useTranslation();
  const Icon = modeIcons[mode];
  return (
    <span className={classes['label']} title={t(`modeHint.${mode}`)}>
      <Icon size={15} aria-hidden="true" /> {t(`mode.${mode}`)}
    </span>
  );
}
