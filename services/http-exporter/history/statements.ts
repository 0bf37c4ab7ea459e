/** Statements of an open history, each prepared once. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export interface Statements {
  /** The statement for this text, prepared at its first use. @throws what SQLite throws, as {@link Statements.run} does */
  get(text: string): StatementSync
  run(text: string, ...values: SQLInputValue[]): void
}

export function createStatements(db: DatabaseSync): Statements {
  const known = new Map<string, StatementSync>()
  function get(text: string): StatementSync {
    const statement = known.get(text) ?? db.prepare(text)
    known.set(text, statement)
    return statement
  }
  return {
    get,
    run(text, ...values) {
      get(text).run(...values)
    },
  }
}
