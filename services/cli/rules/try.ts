/** Rules held against a saved log. */
import type { CreateRehearsal, RehearsalResult, RehearsedCheck } from '#log-rules'
import { CliUsageError } from '../errors.ts'
import { complain } from '../print.ts'
import { linesOf } from './lines.ts'

/** What the log monitor's engines are called by. */
export interface RehearsalModule {
  readonly createRehearsal: CreateRehearsal
}

/** A bundle of its own beside this one: who only asks about a node does not load what watches it. */
const BUNDLE = 'rehearsal.late.mjs'

/** @throws CliUsageError where it was not built */
export async function loadRehearsal(): Promise<RehearsalModule> {
  try {
    return (await import(new URL(BUNDLE, import.meta.url).href)) as RehearsalModule
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw err
    throw new CliUsageError(`rules test: dist/${BUNDLE} is not built yet: run "make build"`)
  }
}

/** Keys in the order of their names, so that two results can be compared as texts. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function byName<T>(items: readonly T[], nameOf: (item: T) => unknown): readonly T[] {
  const named = items.map((item) => ({ item, name: JSON.stringify(canonical(nameOf(item))) }))
  return named.sort((one, other) => (one.name < other.name ? -1 : 1)).map(({ item }) => item)
}

/** What all checks say of one log: conditions and metrics in the order of their names, events in that of their lines. */
export async function tryRules(
  checks: readonly RehearsedCheck[],
  log: string,
  now: Date,
  { createRehearsal }: RehearsalModule,
): Promise<unknown> {
  const rehearsals = checks.map((check) => createRehearsal(check, now))
  for await (const line of linesOf(log)) for (const rehearsal of rehearsals) rehearsal.push(line)
  if (rehearsals.some(({ isUntimed }) => isUntimed))
    complain(`no times in ${log === '-' ? 'standard input' : log}: all lines count as of one moment`)
  const results: readonly RehearsalResult[] = rehearsals.map((rehearsal) => rehearsal.end())
  return canonical({
    conditions: byName(
      results.flatMap(({ conditions }) => conditions),
      ({ check, type, entity }) => [check, type, entity],
    ),
    events: results.flatMap(({ events }) => events).toSorted((one, other) => one.line - other.line),
    metrics: byName(
      results.flatMap(({ metrics }) => metrics),
      ({ check, name, labels }) => [check, name, labels],
    ),
  })
}
