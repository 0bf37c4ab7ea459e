/** The part of JSON Schema that our schemas use, and our own keywords (explained in schema/kinds.ts). */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly duration?: DurationRange
  readonly what?: string
  readonly sample?: string
  /** A text that says whom to ask: "address", "host" or "url" (whom.ts). */
  readonly whom?: string
  readonly aliases?: readonly string[]
  readonly secret?: boolean
  readonly deferred?: boolean
  readonly order?: readonly (readonly string[])[]
  readonly inherits?: boolean
  readonly nested?: boolean
  readonly unique?: string
  /** A path of the node: what spells it longer (`//`, `/.`, a slash at its end) is the same. */
  readonly place?: boolean
  readonly defaultText?: string
  readonly regexp?: boolean
  readonly groupsOf?: string
  readonly needs?: readonly (readonly string[])[]
  readonly excludes?: readonly (readonly string[])[]
  /** On a map with keys of a set: values that change nothing, which are refused with the reason. The first that fits is told. */
  readonly idle?: readonly Idle[]
}

/** How long a duration may be, and whether a whole number of nanoseconds is one (default: no). */
export interface DurationRange {
  readonly minMs: number
  readonly maxMs: number
  readonly nanoseconds?: boolean
}

/** What changes nothing: a map of one of the keys (default: of any), each of whose values is among those of `only`. */
export interface Idle {
  readonly keys?: readonly string[]
  readonly only: Readonly<Record<string, readonly unknown[]>>
  readonly why: string
}

/** Keywords that the walker obeys or may ignore; the generator refuses a schema with any other. */
export const KEYWORDS: readonly string[] = [
  '$schema',
  'type',
  'description',
  'title',
  'examples',
  'default',
  'enum',
  'const',
  'anyOf',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'items',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'duration',
  'what',
  'sample',
  'whom',
  'aliases',
  'secret',
  'deferred',
  'order',
  'inherits',
  'nested',
  'unique',
  'place',
  'defaultText',
  'regexp',
  'groupsOf',
  'needs',
  'excludes',
  'idle',
]
