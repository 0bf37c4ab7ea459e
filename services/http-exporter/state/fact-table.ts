/** A bucket as this exporter has it. */

/** Facts of one kind by the key of their bucket. */
export interface FactTable<T> {
  readonly values: ReadonlyMap<string, T>
  /** The first snapshot has come. */
  readonly known: boolean
  replace(values: ReadonlyMap<string, T>): void
  put(key: string, value: T): void
  delete(key: string): void
}

/**
 * @param changed called with each change
 * @param onKnown called with the first snapshot
 */
export function createFactTable<T>(changed: () => void, onKnown: () => void): FactTable<T> {
  let values = new Map<string, T>()
  let known = false
  return {
    get values() {
      return values
    },
    get known() {
      return known
    },
    replace(all) {
      values = new Map(all)
      const isFirst = !known
      known = true
      changed()
      if (isFirst) onKnown()
    },
    put(key, value) {
      values.set(key, value)
      changed()
    },
    delete(key) {
      if (values.delete(key)) changed()
    },
  }
}
