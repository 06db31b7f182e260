/** Rows by id outside React: a component that shows one row hears about that row only. */
export interface Table<T> {
  get(id: string): T | undefined;
  all(): readonly T[];
  size(): number;
  put(rows: readonly T[]): void;
  remove(ids: readonly string[]): void;
  /** A snapshot: these rows and no other. */
  replace(rows: readonly T[]): void;
  subscribeRow(id: string, listener: () => void): () => void;
  subscribeAny(listener: () => void): () => void;
}

export function createTable<T>(idOf: (row: T) => string): Table<T> {
  const rows = new Map<string, T>();
  const byRow = new Map<string, Set<() => void>>();
  const any = new Set<() => void>();
  let list: readonly T[] | null = null;

  const tell = (ids: Iterable<string>) => {
    list = null;
    for (const id of ids) for (const listener of byRow.get(id) ?? []) listener();
    for (const listener of any) listener();
  };

  return {
    get: (id) => rows.get(id),
    all: () => (list ??= [...rows.values()]),
    size: () => rows.size,
    put(changed) {
      if (changed.length === 0) return;
      for (const row of changed) rows.set(idOf(row), row);
      tell(changed.map(idOf));
    },
    remove(ids) {
      const present = ids.filter((id) => rows.delete(id));
      if (present.length > 0) tell(present);
    },
    replace(next) {
      const touched = new Set(rows.keys());
      rows.clear();
      for (const row of next) {
        rows.set(idOf(row), row);
        touched.add(idOf(row));
      }
      tell(touched);
    },
    subscribeRow(id, listener) {
      const listeners = byRow.get(id) ?? new Set();
      byRow.set(id, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && byRow.get(id) === listeners) byRow.delete(id);
      };
    },
    subscribeAny(listener) {
      any.add(listener);
      return () => any.delete(listener);
    },
  };
}
