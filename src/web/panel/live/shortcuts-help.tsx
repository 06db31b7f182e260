import { Kbd, Modal, Table, Text } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { shortcutsOn } from '../shell/shortcuts.ts';
import { helpStore } from './help-store.ts';

const keys = [
  { keys: ['/'], does: 'search' },
  { keys: ['↑', '↓'], does: 'move' },
  { keys: ['Home', 'End'], does: 'ends' },
  { keys: ['L'], does: 'listen' },
  { keys: ['W'], does: 'whisper' },
  { keys: ['B'], does: 'barge' },
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
            <Table.Tr key={row.does}>
              <Table.Td w={130}>
                {row.keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{t(`help.${row.does}`)}</Table.Td>
            </Table.Tr>
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
