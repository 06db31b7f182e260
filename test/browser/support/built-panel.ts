import { ensurePanel } from '../../../scripts/up/panel.ts';

/** `npm test` builds first; a browser test run alone builds the panel when it is older than its sources. */
export function ensurePanelBuilt(): void {
  ensurePanel(() => {});
}
