import { Modal } from '@mantine/core';
import { useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { board, useRow } from '../live/live.ts';
import { promptStore } from './prompt-store.ts';
import { ReasonForm } from './reason-form.tsx';

const close = () => promptStore.set(null);

/** Asked before one listens. */
export function ReasonPrompt() {
  const { t } = useTranslation();
  const asked = useSyncExternalStore(promptStore.subscribe, promptStore.get);
  // While it closes it goes on saying what it asked.
  const last = useRef(asked);
  if (asked) last.current = asked;
  const shown = last.current;
  const agent = useRow(board.agents, shown?.agentId ?? '');
  const title =
    shown && agent
      ? t(shown.scope === 'agent' ? 'start.titleFollow' : 'start.title', {
          mode: t(`mode.${shown.mode}`),
          name: agent.name.slice(0, 80),
        })
      : '';
  return (
    <Modal
      opened={asked !== null && agent !== undefined}
      onClose={close}
      title={<bdi>{title}</bdi>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={440}
    >
      {shown && agent && <ReasonForm key={shown.agentId} agent={agent} asked={shown} close={close} />}
    </Modal>
  );
}
