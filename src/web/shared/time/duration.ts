/** `0:07`, `12:30`, `1:02:30`; from a day on, days and hours (`3 d 4 h` with the unit letters given). */
export function formatTimer(ms: number, dayLetter = 'd'): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const s = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} ${dayLetter} ${hours % 24} h`;
  if (hours > 0) return `${hours}:${String(minutes % 60).padStart(2, '0')}:${s}`;
  return `${minutes}:${s}`;
}
