// biome-ignore-all lint/a11y/useSemanticElements: a <table> cannot be virtual, so the grid is made of roles
import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './agent-grid.module.css';
import { AgentRow } from './agent-row.tsx';
import { useIndexRows } from './index-store.ts';
import { TeamRow } from './team-row.tsx';
import { useRowFocus } from './use-row-focus.ts';

const rowHeight = 40;
const columns = ['agent', 'state', 'since', 'with', 'queue', 'supervision', 'actions'] as const;

/** Every agent, drawn only where the eye is: 1,000 people cost no more than 30. */
export function AgentGrid() {
  const { t } = useTranslation();
  const rows = useIndexRows();
  const scroller = useRef<HTMLDivElement>(null);
  const sectionAt = useMemo(() => rows.flatMap((row, i) => (row.kind === 'team' ? [i] : [])), [rows]);
  const focus = useRowFocus(rows, (i) => virtualizer.scrollToIndex(i));
  const focusedAt = focus.index;
  // The section one is in stays on top; the row that has the focus stays in the page wherever it scrolls.
  const rangeExtractor = useCallback(
    (range: Range) => {
      const section = sectionAt.findLast((i) => i <= range.startIndex);
      const kept = [section, focusedAt].filter(
        (i): i is number => i !== undefined && i >= 0 && i < range.count,
      );
      return [...new Set([...kept, ...defaultRangeExtractor(range)])].sort((a, b) => a - b);
    },
    [sectionAt, focusedAt],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 6,
    rangeExtractor,
    scrollPaddingStart: rowHeight,
  });
  const stuck = sectionAt.findLast((i) => i <= (virtualizer.range?.startIndex ?? 0));

  return (
    <div
      className={classes['grid']}
      role="grid"
      aria-label={t('live.agents')}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
    >
      <div role="rowgroup" className={classes['head']}>
        <div role="row" aria-rowindex={1} className={classes['cells']} tabIndex={-1}>
          {columns.map((column) => (
            <span key={column} role="columnheader" tabIndex={-1}>
              {t(`live.columns.${column}`)}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={scroller}
        className={classes['scroller']}
        role="rowgroup"
        onKeyDown={focus.onKeyDown}
        onFocus={focus.onFocus}
      >
        <div role="presentation" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const focused = index === focusedAt;
            const place = { index, focused, top: start };
            return row.kind === 'team' ? (
              <TeamRow key={row.key} teamId={row.teamId} stuck={index === stuck} {...place} />
            ) : (
              <AgentRow key={row.key} rowKey={row.key} agentId={row.agentId} {...place} />
            );
          })}
        </div>
      </div>
    </div>
  );
}
