import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Agent, DiscoveredEndpoint, NewAgent } from '../../../contract/agents.ts';
import { Mark } from '../../shared/brand/mark.tsx';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { notifyDone, notifyProblem } from '../../shared/shell/notify.ts';
import classes from './empty-board.module.css';

/** The first day: nobody is known yet. Whoever may add agents is offered the PBX's own endpoints. */
export function EmptyBoard() {
  const { t } = useTranslation();
  const editor = may(useMe(), 'agents.edit');
  return (
    <div className={classes['empty']}>
      <Stack align="center" gap="sm" maw={620} w="100%">
        <Mark size={56} />
        <Title order={2} size="h3">
          {t('empty.title')}
        </Title>
        <Text c="dimmed" ta="center">
          {t(editor ? 'empty.editor' : 'empty.supervisor')}
        </Text>
        {editor && (
          <>
            <Discovered />
            <Group gap="xs">
              <Button
                component={Link}
                to="/admin/agents?add"
                variant="default"
                leftSection={<IconPlus size={16} />}
              >
                {t('empty.addByHand')}
              </Button>
              <Button component={Link} to="/admin/agents?import" variant="default">
                {t('empty.openPeople')}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </div>
  );
}

export function Discovered({ onAdded }: { onAdded?: () => void }) {
  const { t } = useTranslation();
  const found = useResource(
    (signal) => request<{ items: DiscoveredEndpoint[] }>('/api/agents/discovered', { signal }),
    [],
  );
  const [adding, setAdding] = useState(false);
  const items = found.value?.items ?? [];

  /** Adds them one after the other; stops at the first that is refused. */
  async function add(endpoints: readonly DiscoveredEndpoint[]) {
    setAdding(true);
    const names: string[] = [];
    try {
      for (const { pbx, device, suggestedName } of endpoints) {
        const json: NewAgent = { name: suggestedName ?? device, endpoint: device, pbx };
        names.push((await request<Agent>('/api/agents', { method: 'POST', json })).name);
      }
    } catch (error) {
      notifyProblem(error);
    }
    if (names.length === 1) notifyDone(t('empty.added', { name: names[0]!.slice(0, 80) }));
    else if (names.length > 1) notifyDone(t('empty.addedMany', { count: names.length }));
    setAdding(false);
    found.reload();
    onAdded?.();
  }

  if (!found.value) return null;
  if (items.length === 0)
    return onAdded ? null : (
      <Text size="sm" c="dimmed">
        {t('empty.noneDiscovered')}
      </Text>
    );
  return (
    <section className={classes['found']} aria-label={t('empty.discovered')}>
      <Group justify="space-between" gap="xs">
        <Text component="h2" size="sm" fw={600} m={0}>
          {t('empty.discovered')} ({items.length})
        </Text>
        {items.length > 1 && (
          <Button
            size="compact-sm"
            variant={onAdded ? 'default' : 'filled'}
            loading={adding}
            onClick={() => void add(items)}
          >
            {t('empty.addAll', { count: items.length })}
          </Button>
        )}
      </Group>
      <ul>
        {items.map((endpoint) => (
          <li key={`${endpoint.pbx}/${endpoint.device}`}>
            <bdi className={classes['device']}>{endpoint.device}</bdi>
            <bdi className={classes['name']}>{endpoint.suggestedName?.slice(0, 100)}</bdi>
            <Badge size="sm" variant="default" tt="none" fw={500} className={classes['badge']!}>
              {t(endpoint.online ? 'empty.online' : 'empty.offlineDevice')}
            </Badge>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('empty.addOne', { device: endpoint.device })}
              disabled={adding}
              onClick={() => void add([endpoint])}
            >
              {t('common.add')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
