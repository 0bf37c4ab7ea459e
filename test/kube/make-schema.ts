/**
 * Makes `test/fakes/kube-apiserver/fixtures/schema.json`, which says what fields the fake's objects have, from the
 * OpenAPI document of a real API server: `node test/kube/make-schema.ts OPENAPI_V2.json`, got by
 * `kubectl get --raw /openapi/v2`. One definition a line.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Definition, FieldType } from '../fakes/kube-apiserver/schema.ts'

interface Property {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly items?: Property
  readonly additionalProperties?: Property
  readonly 'x-kubernetes-patch-merge-key'?: string
  readonly 'x-kubernetes-patch-strategy'?: string
}

interface Document {
  readonly definitions: Readonly<
    Record<string, Property & { readonly properties?: Readonly<Record<string, Property>> }>
  >
}

const ROOTS = [
  'io.k8s.api.core.v1.Node',
  'io.k8s.api.core.v1.Event',
  'io.k8s.api.core.v1.Pod',
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.coordination.v1.Lease',
  'io.k8s.api.policy.v1.Eviction',
  'io.k8s.api.apps.v1.DaemonSet',
  'io.k8s.api.discovery.v1.EndpointSlice',
  'io.k8s.api.authentication.v1.SelfSubjectReview',
]
const OUT = join(import.meta.dirname, '../fakes/kube-apiserver/fixtures/schema.json')
/** Definitions without fields that mean a value of their own form. */
const FORMS: Readonly<Record<string, FieldType>> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'microtime',
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
}
const SCALARS: Readonly<Record<string, FieldType>> = { string: 'string', boolean: 'bool', object: 'any' }

/** "io.k8s.api.core.v1.Node" → "core.v1.Node" */
function shortName(name: string): string {
  return name.split('.').slice(-3).join('.')
}

function typeOf(property: Property, seen: (name: string) => void): FieldType {
  if (property.$ref !== undefined) {
    const name = property.$ref.replace('#/definitions/', '')
    const form = FORMS[name]
    if (form !== undefined) return form
    seen(name)
    return `#${shortName(name)}`
  }
  if (property.type === 'array') {
    const key = property['x-kubernetes-patch-merge-key']
    const merges = property['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false
    return { list: typeOf(property.items ?? {}, seen), ...(merges ? { merge: true } : {}), ...(key ? { key } : {}) }
  }
  if (property.additionalProperties !== undefined) return { map: typeOf(property.additionalProperties, seen) }
  if (property.type === 'integer') return property.format === 'int64' ? 'int64' : 'int32'
  if (property.type === 'number') return 'number'
  return SCALARS[property.type ?? ''] ?? 'any'
}

const { definitions } = JSON.parse(readFileSync(process.argv[2] ?? '/dev/stdin', 'utf8')) as Document
const made = new Map<string, Definition>()
const todo = [...ROOTS]
while (todo.length > 0) {
  const name = todo.pop() ?? ''
  if (made.has(shortName(name))) continue
  const fields: Record<string, FieldType> = {}
  const retains: string[] = []
  made.set(shortName(name), { fields, ...(retains.length > 0 ? { retains } : {}) })
  for (const [field, property] of Object.entries(definitions[name]?.properties ?? {})) {
    fields[field] = typeOf(property, (next) => todo.push(next))
    if (property['x-kubernetes-patch-strategy']?.includes('retainKeys')) retains.push(field)
  }
  if (retains.length > 0) made.set(shortName(name), { fields, retains })
}
const lines = [...made]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, definition]) => `${JSON.stringify(name)}: ${JSON.stringify(definition)}`)
writeFileSync(OUT, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${OUT}: ${lines.length} definitions`)
