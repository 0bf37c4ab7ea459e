/** What fields the objects have, taken from a real server's OpenAPI document by test/kube/make-schema.ts. */
import { readFileSync } from 'node:fs'

/** A scalar by name, "#core.v1.NodeStatus" for a definition, a list (with how a patch merges it), a map. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'number'
  | 'time'
  | 'microtime'
  | 'quantity'
  | 'intOrString'
  | 'any'
  | `#${string}`
  | { readonly list: FieldType; readonly merge?: boolean; readonly key?: string }
  | { readonly map: FieldType }

export interface Definition {
  readonly fields: Readonly<Record<string, FieldType>>
  /** Fields of which a patch keeps only the keys that it names, if it says so. */
  readonly retains?: readonly string[]
}

const DEFINITIONS = JSON.parse(readFileSync(new URL('./fixtures/schema.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Definition>
>

/** "#core.v1.Node" or "core.v1.Node"; undefined when there is none. */
export function findDefinition(name: string): Definition | undefined {
  return DEFINITIONS[name.replace(/^#/, '')]
}

export function definitionNames(): string[] {
  return Object.keys(DEFINITIONS)
}

/** "core.v1.NodeSpec" → "NodeSpec", as messages name it. */
export function goName(definition: string): string {
  return definition.split('.').at(-1) ?? definition
}
