/** What the person chose on this browser: remembered, and lost without harm. */
const prefix = 'vigie.phone.';

export function readChoice(name: 'microphone' | 'speaker' | `auto.${string}`): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

export function writeChoice(name: 'microphone' | 'speaker' | `auto.${string}`, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // A browser that keeps nothing: chosen anew next time.
  }
}
