import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { searchBoxId } from '../live/board-toolbar.tsx';
import { helpStore } from '../live/help-store.ts';
import { findMine } from '../supervision/mine.ts';
import { stopSupervision } from '../supervision/verbs.ts';

const storageKey = 'vigie.shortcuts';
export const shortcutsOn = (): boolean => localStorage.getItem(storageKey) !== 'off';
export const setShortcuts = (on: boolean): void => localStorage.setItem(storageKey, on ? 'on' : 'off');

/** Keys that work wherever the focus is, except in a field or a dialog: `/`, `?`, Escape. */
export function useShortcuts(personId: string): void {
  const navigate = useNavigate();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
      if (event.key === 'Escape') {
        const mine = findMine(personId);
        if (mine) void stopSupervision(mine.id);
        return;
      }
      if (!shortcutsOn()) return;
      if (event.key === '?') helpStore.set(true);
      else if (event.key === '/') {
        event.preventDefault();
        const box = document.getElementById(searchBoxId);
        if (box) box.focus();
        else void navigate('/');
      }
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [personId, navigate]);
}

/** A field wants the letters, a dialog or a menu wants Escape. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (
    target.closest(
      'input, textarea, select, [contenteditable], [role="dialog"], [role="listbox"], [role="menu"]',
    )
  )
    return true;
  // The library keeps closed lists in the page, unseen.
  return [...document.querySelectorAll('[role="dialog"], [role="listbox"]')].some((one) =>
    one.checkVisibility(),
  );
}
