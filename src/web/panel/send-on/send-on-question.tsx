import { Alert, Modal } from '@mantine/core';
import { useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { HandOver } from '../../../contract/supervisions.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { board, useRow } from '../live/live.ts';
import { closeSendOn, type SendOn, sendOn, sendOnStore } from './send-on-store.ts';
import { TargetPicker } from './target-picker.tsx';
import { isWaiting } from './targets.ts';

/** Asks to whom a call goes: one that was taken over, or one that waits. A choice does it. */
export function SendOnQuestion() {
  const { t } = useTranslation();
  const asked = useSyncExternalStore(sendOnStore.subscribe, sendOnStore.get);
  // While it closes it goes on showing what it asked.
  const last = useRef(asked);
  if (asked) last.current = asked;
  const shown = last.current;
  return (
    <Modal
      opened={asked !== null}
      onClose={closeSendOn}
      title={shown && t(`sendOn.${shown.what}.title`)}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={480}
    >
      {shown?.what === 'hand-over' && <OfTakeover asked={shown} />}
      {shown?.what === 'move' && <OfWaiting asked={shown} />}
    </Modal>
  );
}

function OfTakeover({ asked }: { asked: SendOn & { what: 'hand-over' } }) {
  const row = useRow(board.supervisions, asked.supervisionId);
  const callId = row?.calls.findLast(({ to }) => to === null)?.callId ?? '';
  const call = useRow(board.calls, callId);
  const agent = useRow(board.agents, row?.agentId ?? '');
  const pbx = call?.pbx ?? agent?.pbx;
  if (row?.state !== 'live' || pbx === undefined) return <Gone what="hand-over" />;
  return (
    <TargetPicker
      what="hand-over"
      pbx={pbx}
      backTo={row.agentId}
      queue={call?.queue ?? null}
      choose={(to) => choose(asked, to)}
    />
  );
}

function OfWaiting({ asked }: { asked: SendOn & { what: 'move' } }) {
  const { t } = useTranslation();
  const call = useRow(board.calls, asked.callId);
  if (!call || !isWaiting(call)) return <Gone what="move" />;
  async function move(to: HandOver, name: string) {
    if (await choose(asked, to)) notifyDone(t('sendOn.move.done', { name: name.slice(0, 80) }));
  }
  const queue = call.queueVisits.findLast(({ to }) => to === null)?.queue ?? call.queue;
  return <TargetPicker what="move" pbx={call.pbx} backTo={null} queue={queue} choose={move} />;
}

async function choose(asked: SendOn, to: HandOver): Promise<boolean> {
  const done = await sendOn(asked, to);
  if (done) closeSendOn();
  return done;
}

/** The customer hung up, was answered, or is on his way: nothing to choose any more. */
function Gone({ what }: { what: SendOn['what'] }) {
  const { t } = useTranslation();
  return (
    <Alert color="yellow" role="status">
      {t(`sendOn.${what}.gone`)}
    </Alert>
  );
}
