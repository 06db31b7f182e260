import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { verbOfKey } from '../control/agent-verbs.tsx';
import { openMenu } from '../control/menu-store.ts';
import { shortcutsOn } from '../shell/shortcuts.ts';
import type { IndexRow } from './agent-index.ts';
import { toggleSection } from './index-store.ts';
import { board } from './live.ts';

const pageRows = 12;
const menuKey = 'm';

/** Roving focus: one row of the grid is in the tab order, arrows move it, letters act on its agent. */
export function useRowFocus(rows: readonly IndexRow[], reveal: (index: number) => void) {
  const [key, setKey] = useState<string | null>(null);
  const wanted = useRef<string | null>(null);
  const found = key === null ? -1 : rows.findIndex((row) => row.key === key);
  // Nothing chosen yet, or it went: the first agent takes the tab stop.
  const index = found >= 0 ? found : rows.findIndex((row) => row.kind === 'agent');

  useEffect(() => {
    if (wanted.current === null) return;
    const element = document.querySelector<HTMLElement>(`[data-row-key="${CSS.escape(wanted.current)}"]`);
    if (!element) return;
    wanted.current = null;
    element.focus({ preventScroll: true });
  });

  function moveTo(next: number): void {
    const at = Math.min(Math.max(next, 0), rows.length - 1);
    const row = rows[at];
    if (!row) return;
    wanted.current = row.key;
    reveal(at);
    setKey(row.key);
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + pageRows,
      PageUp: index - pageRows,
      Home: 0,
      End: rows.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      moveTo(next);
      return;
    }
    const row = rows[index];
    if (
      row?.kind === 'team' &&
      event.key === 'Enter' &&
      event.target === event.currentTarget.ownerDocument.activeElement
    ) {
      if ((event.target as HTMLElement).tagName !== 'BUTTON') toggleSection(row.teamId);
      return;
    }
    if (row?.kind === 'agent' && shortcutsOn()) act(row.agentId, event);
  }

  function act(agentId: string, event: KeyboardEvent<HTMLElement>): void {
    const agent = board.agents.get(agentId);
    const verb = agent && verbOfKey(agent, event.key);
    if (!verb && event.key.toLowerCase() !== menuKey) return;
    event.preventDefault();
    if (verb) verb.run(agent);
    else openMenu(agentId);
  }

  function onFocus(event: FocusEvent<HTMLElement>): void {
    const row = event.target.closest<HTMLElement>('[data-row-key]')?.dataset['rowKey'];
    if (row !== undefined) setKey(row);
  }

  return { index, onKeyDown, onFocus };
}
