/** OpenAPI v3, as much of it as kubectl looks for before it writes: which objects there are, and that fields are validated. */
import type { JsonObject } from './json.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'
import { definitionNames, type FieldType, findDefinition } from './schema.ts'

const PREFIX = 'io.k8s.'

/** The index, or the document of one group and version; undefined for another path. */
export function openApi(path: string): JsonObject | undefined {
  const versions = [...new Set(RESOURCES.map(apiVersionOf))]
  const rootOf = (version: string) => (version === 'v1' ? 'api/v1' : `apis/${version}`)
  if (path === '/openapi/v3') {
    const entries = versions.map((version) => [
      rootOf(version),
      { serverRelativeURL: `/openapi/v3/${rootOf(version)}` },
    ])
    return { paths: Object.fromEntries(entries) as JsonObject }
  }
  const version = versions.find((one) => path === `/openapi/v3/${rootOf(one)}`)
  if (version === undefined) return undefined
  const own = RESOURCES.filter((resource) => apiVersionOf(resource) === version)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.37.2' },
    paths: Object.fromEntries(own.map((resource) => [pathOf(resource, rootOf(version)), patchOf(resource)])),
    components: { schemas: schemas() },
  }
}

function pathOf({ plural, isNamespaced }: Resource, root: string): string {
  return `/${root}/${isNamespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`
}

function patchOf({ group, version, kind }: Resource): JsonObject {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }))
  const answer = { '200': { description: 'OK' } }
  return { patch: { parameters, responses: answer, 'x-kubernetes-group-version-kind': { group, version, kind } } }
}

function schemas(): JsonObject {
  return Object.fromEntries(
    definitionNames().map((name) => {
      const fields = Object.entries(findDefinition(name)?.fields ?? {})
      const properties = Object.fromEntries(fields.map(([key, type]) => [key, schemaOf(type)]))
      const resource = RESOURCES.find(({ definition }) => definition === name)
      const kinds = resource === undefined ? {} : { 'x-kubernetes-group-version-kind': [kindOf(resource)] }
      return [`${PREFIX}${name}`, { type: 'object', properties, ...kinds }]
    }),
  )
}

function kindOf({ group, version, kind }: Resource): JsonObject {
  return { group, version, kind }
}

function schemaOf(type: FieldType): JsonObject {
  if (typeof type === 'string') {
    if (type.startsWith('#')) return { $ref: `#/components/schemas/${PREFIX}${type.slice(1)}` }
    if (type === 'any') return { type: 'object' }
    if (type === 'bool') return { type: 'boolean' }
    if (type === 'int32' || type === 'int64') return { type: 'integer', format: type }
    return { type: type === 'number' ? 'number' : 'string' }
  }
  if ('map' in type) return { type: 'object', additionalProperties: schemaOf(type.map) }
  const { list, merge, key } = type
  return {
    type: 'array',
    items: schemaOf(list),
    ...(key === undefined ? {} : { 'x-kubernetes-patch-merge-key': key }),
    ...(merge === true ? { 'x-kubernetes-patch-strategy': 'merge' } : {}),
  }
}
