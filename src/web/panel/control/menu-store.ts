import { createStore } from '../../shared/store.ts';

/** The agent whose menu is open, and the button it hangs on. */
export const menuStore = createStore<{ agentId: string; anchor: DOMRect } | null>(null);

/** Opens the menu of a row below its own button. */
export function openMenu(agentId: string): void {
  const button = buttonOf(agentId);
  if (button) menuStore.set({ agentId, anchor: button.getBoundingClientRect() });
}

/** Closes it; the row has the focus again. */
export function closeMenu(): void {
  const { agentId } = menuStore.get() ?? {};
  menuStore.set(null);
  if (agentId !== undefined) buttonOf(agentId)?.focus({ preventScroll: true });
}

const buttonOf = (agentId: string) =>
  document.querySelector<HTMLElement>(`[data-agent-id="${CSS.escape(agentId)}"] [data-menu]`);
