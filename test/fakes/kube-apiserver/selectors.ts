/** labelSelector and fieldSelector. */
import { type JsonObject, objectAt, textAt, valueAt } from './json.ts'
import type { Resource } from './resources.ts'
import { badRequest, type Refusal } from './status.ts'

export type Selector = (object: JsonObject) => boolean

const TERM =
  /^(?:(!)?([^\s!=,()]+)|([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)|([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\))$/

/** @throws Refusal 400 for what is no selector */
export function parseSelector(resource: Resource, query: URLSearchParams): Selector {
  const parts = [
    ...labelTerms(query.get('labelSelector') ?? ''),
    ...fieldTerms(resource, query.get('fieldSelector') ?? ''),
  ]
  return (object) => parts.every((part) => part(object))
}

function labelTerms(text: string): Selector[] {
  const terms = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? []
  return terms.map((term) => {
    const match = TERM.exec(term.trim())
    if (match === null)
      throw badRequest(`unable to parse requirement: found '${term.trim().slice(-1)}', expected: identifier`)
    const [, not, bare, key, operator, value, setKey, setOperator, values] = match
    const labelOf = (object: JsonObject, name: string) => valueAt(objectAt(object, 'metadata', 'labels'), name)
    if (bare !== undefined) return (object) => (labelOf(object, bare) !== undefined) === (not === undefined)
    if (key !== undefined) return (object) => (labelOf(object, key) === (value ?? '')) === (operator !== '!=')
    const set = new Set((values ?? '').split(',').map((one) => one.trim()))
    return (object) => {
      const label = labelOf(object, setKey ?? '')
      return (typeof label === 'string' && set.has(label)) === (setOperator === 'in')
    }
  })
}

function fieldTerms(resource: Resource, text: string): Selector[] {
  const terms = text.split(',').filter((term) => term !== '')
  return terms.map((term) => {
    const match = /^([^=!]+?)(==|=|!=)(.*)$/.exec(term)
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const [, field = '', operator, value = ''] = match
    const isKnown =
      field === 'metadata.name' ||
      (field === 'metadata.namespace' && (resource.isNamespaced || resource.kind === 'Node')) ||
      resource.selectable.includes(field)
    if (!isKnown) throw unknownField(resource, field)
    return (object) => (fieldOf(resource, object, field) === value) === (operator !== '!=')
  })
}

/** Core kinds have their own words for it. */
function unknownField({ group }: Resource, field: string): Refusal {
  if (group === '') return badRequest(`field label not supported: ${field}`)
  return badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

function fieldOf({ kind }: Resource, object: JsonObject, field: string): string {
  if (kind === 'Event' && field === 'source')
    return textAt(object, 'source', 'component') || textAt(object, 'reportingComponent')
  const value = valueAt(object, ...field.split('.'))
  if (value === undefined) return field === 'spec.unschedulable' || field === 'spec.hostNetwork' ? 'false' : ''
  return String(value)
}
