import { Modal } from '@mantine/core';
import { useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { board, useRow } from '../live/live.ts';
import { type ControlQuestion, closeControl, controlStore } from './control-store.ts';
import { LogOutQuestion } from './log-out-question.tsx';
import { PauseQuestion } from './pause-question.tsx';
import { QueuesQuestion } from './queues-question.tsx';

const titles = {
  pause: 'control.pauseTitle',
  queues: 'control.queuesTitle',
  'log-out': 'control.logOutTitle',
} as const satisfies Record<ControlQuestion, string>;
const questions = { pause: PauseQuestion, queues: QueuesQuestion, 'log-out': LogOutQuestion };

/** The one open question about an agent's shift. */
export function ControlDialogs() {
  const { t } = useTranslation();
  const open = useSyncExternalStore(controlStore.subscribe, controlStore.get);
  // While it closes it goes on showing what it asked.
  const last = useRef(open);
  if (open) last.current = open;
  const shown = last.current;
  const agent = useRow(board.agents, shown?.agentId ?? '');
  const Question = shown && questions[shown.question];
  return (
    <Modal
      opened={open !== null && agent !== undefined}
      onClose={closeControl}
      title={shown && agent && <bdi>{t(titles[shown.question], { name: agent.name.slice(0, 80) })}</bdi>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={460}
    >
      {agent && Question && <Question agent={agent} />}
    </Modal>
  );
}
