/**
 * Makes the checked-in copies of the published schemas, of the kinds that are deployed and without prose:
 *   node test/deploy/make-schemas.ts kubernetes api/openapi-spec/swagger.json > test/deploy/fixtures/schemas/kubernetes-1.37.json
 *   node test/deploy/make-schemas.ts operator podmonitors-crd.json servicemonitors-crd.json prometheusrules-crd.json
 * The first is of k8s.io/kubernetes, the others are of jsonnet/prometheus-operator of the Prometheus operator; both are
 * in the archives of these Go modules (`go mod download -json k8s.io/kubernetes@v1.37.2`).
 */
import { readFileSync } from 'node:fs'
import type { Schema, SchemaSet } from './schema.ts'

/** What an overlay or the chart may make. */
const KINDS = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'DaemonSet',
  'Job',
  'Namespace',
  'NetworkPolicy',
  'Role',
  'RoleBinding',
  'Secret',
  'Service',
  'ServiceAccount',
])

interface Swagger {
  readonly definitions: Readonly<Record<string, Schema>>
}

interface Crd {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

const KEPT = new Set([
  'type',
  'format',
  'properties',
  'items',
  'required',
  'additionalProperties',
  '$ref',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
])

function bare(schema: Schema): Schema {
  const kept = Object.entries(schema).filter(([key]) => KEPT.has(key))
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (key === 'properties')
        return [key, Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([k, v]) => [k, bare(v)]))]
      if (key === 'items' || key === 'additionalProperties')
        return [key, typeof value === 'object' ? bare(value as Schema) : value]
      return [key, value]
    }),
  )
}

function fromSwagger({ definitions }: Swagger): SchemaSet {
  const kinds: Record<string, string> = {}
  const kept: Record<string, Schema> = {}

  function keep(name: string): void {
    const schema = definitions[name]
    if (schema === undefined || name in kept) return
    kept[name] = bare(schema)
    for (const [, next = ''] of JSON.stringify(kept[name]).matchAll(/"#\/definitions\/([^"]+)"/g)) keep(next)
  }

  for (const [name, schema] of Object.entries(definitions)) {
    for (const { group, version, kind } of schema['x-kubernetes-group-version-kind'] ?? []) {
      if (!KINDS.has(kind) || version !== 'v1') continue
      kinds[`${group === '' ? '' : `${group}/`}${version} ${kind}`] = name
      keep(name)
    }
  }
  return { kinds, definitions: kept }
}

function fromCrds(crds: readonly Crd[]): SchemaSet {
  const kinds: Record<string, string> = {}
  const definitions: Record<string, Schema> = {}
  for (const { spec } of crds) {
    for (const { name, schema } of spec.versions) {
      kinds[`${spec.group}/${name} ${spec.names.kind}`] = spec.names.kind
      const { properties, ...rest } = bare(schema.openAPIV3Schema)
      // The API server knows the metadata of every kind.
      definitions[spec.names.kind] = {
        ...rest,
        properties: { ...properties, metadata: { 'x-kubernetes-preserve-unknown-fields': true } },
      }
    }
  }
  return { kinds, definitions }
}

/** One definition a line. */
function render({ kinds, definitions }: SchemaSet): string {
  const sorted = (record: object) => Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const lines = (record: object) =>
    sorted(record)
      .map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
      .join(',\n')
  return `{\n  "kinds": {\n${lines(kinds)}\n  },\n  "definitions": {\n${lines(definitions)}\n  }\n}\n`
}

const [source, ...files] = process.argv.slice(2)
const documents = files.map((file): unknown => JSON.parse(readFileSync(file, 'utf8')))
process.stdout.write(
  render(source === 'operator' ? fromCrds(documents as Crd[]) : fromSwagger(documents[0] as Swagger)),
)
