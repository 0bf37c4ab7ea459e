/** What our monitors can check: made from their own descriptions by `make generate`, so that nobody has to load them. */
import type { ConditionType, TypesOfWords } from '#model'
import catalogJson from './catalog.json' with { type: 'json' }
import type { JsonSchema } from './walk/json-schema.ts'

/** A {@link RecoveryRule} as JSON has it. */
export interface CatalogRule {
  readonly kind: string
  readonly count?: number
  readonly forMs?: number
}

export interface CatalogCondition extends Omit<ConditionType, 'recovery' | 'polarity' | 'verbatim'> {
  readonly polarity: string
  readonly verbatim?: boolean | undefined
  readonly recovery: readonly CatalogRule[]
  /** Where the fact comes from. */
  readonly source: string
  readonly warning: string
  readonly critical: string
  readonly sustained: string
}

export interface CatalogEvent {
  readonly reason: string
  readonly severity: string
  readonly description: string
  readonly recovery?: readonly CatalogRule[] | undefined
  readonly verbatim?: boolean | undefined
}

export interface CatalogMetric {
  readonly name: string
  readonly help: string
  readonly kind: string
  readonly unit: string
  readonly title: string
}

export interface CatalogCheck {
  readonly type: string
  readonly aliases: readonly string[]
  /** The monitor that serves it. */
  readonly monitor: string
  readonly description: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** On which machines it runs where nobody says it. Absent: on all. */
  readonly when?: string | undefined
  /** "many": its instances are told apart by their names. Absent: "one". */
  readonly instances?: string | undefined
  /** Where `config` names what an instance looks at, each of which has one instance; see `CheckDefinition.apartBy`. */
  readonly apartBy?: string | undefined
  /** Where `config` names condition types beside those here; see `CheckDefinition.typesFrom`. */
  readonly typesFrom?: readonly string[] | undefined
  /** Which condition types words in `config` stand for; see `CheckDefinition.typesOf`. */
  readonly typesOf?: TypesOfWords | undefined
  /** Of `monitors[].config`. */
  readonly schema: JsonSchema
  readonly conditions: readonly CatalogCondition[]
  readonly events: readonly CatalogEvent[]
  readonly metrics: readonly CatalogMetric[]
}

export interface Catalog {
  readonly monitors: readonly { readonly name: string; readonly description: string }[]
  readonly checks: readonly CatalogCheck[]
}

/** The catalogue of this version. */
export const CATALOG: Catalog = catalogJson

/** The check of a type or of another name of it. */
export function checkOf(catalog: Catalog, type: string): CatalogCheck | undefined {
  return catalog.checks.find((check) => check.type === type || check.aliases.includes(type))
}

/** Which monitor of this version serves checks of this type; undefined: none of ours does. */
export function monitorOfCheck(type: string): string | undefined {
  return checkOf(CATALOG, type)?.monitor
}
