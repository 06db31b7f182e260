import { Kbd, Modal, Table, Text } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { agentVerbs } from '../control/agent-verbs.tsx';
import { shortcutsOn } from '../shell/shortcuts.ts';
import { helpStore } from './help-store.ts';

const keys = [
  { keys: ['/'], does: 'search' },
  { keys: ['↑', '↓'], does: 'move' },
  { keys: ['Home', 'End'], does: 'ends' },
  { keys: ['M'], does: 'menu' },
  { keys: ['Esc'], does: 'stop' },
  { keys: ['?'], does: 'help' },
] as const;

export function ShortcutsHelp() {
  const { t } = useTranslation();
  const opened = useSyncExternalStore(helpStore.subscribe, helpStore.get);
  return (
    <Modal
      opened={opened}
      onClose={() => helpStore.set(false)}
      title={t('help.title')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Table>
        <Table.Tbody>
          {keys.map((row) => (
            <Line key={row.does} keys={row.keys} does={t(`help.${row.does}`)} />
          ))}
          {agentVerbs.map(({ action, letter }) => (
            <Line key={action} keys={[letter]} does={t(`help.onAgent.${action}`)} />
          ))}
        </Table.Tbody>
      </Table>
      {!shortcutsOn() && (
        <Text size="sm" c="dimmed" mt="sm">
          {t('help.off')}
        </Text>
      )}
    </Modal>
  );
}

function Line({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <Table.Tr>
      <Table.Td w={130}>
        {keys.map((key) => (
          <Kbd key={key} mr={4}>
            {key}
          </Kbd>
        ))}
      </Table.Td>
      <Table.Td>{does}</Table.Td>
    </Table.Tr>
  );
}
