const kinds = ['agent', 'team', 'person', 'call', 'supervision', 'queue', 'evaluation'] as const;

/** A UUID that is always the same for the same thing. */
export function idOf(kind: (typeof kinds)[number], n: number): string {
  const tail = n.toString(16).padStart(12, '0');
  return `0192f000-000${kinds.indexOf(kind)}-7000-8000-${tail}`;
}
