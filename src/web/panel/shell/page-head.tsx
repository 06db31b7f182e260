import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export function PageHead({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-end" gap="md" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Title order={1} size="h3">
          {title}
        </Title>
        {hint && (
          <Text size="sm" c="dimmed" truncate>
            <bdi>{hint}</bdi>
          </Text>
        )}
      </div>
      <Group gap="xs" wrap="nowrap">
        {children}
      </Group>
    </Group>
  );
}
