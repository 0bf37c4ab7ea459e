/** metadata, after apimachinery's pkg/api/validation/objectmeta.go. */
import { isSame, type JsonObject, listAt, objectAt, textAt, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { forbiddenField, invalidValue, required, tooLongBytes } from './cause.ts'
import { qualifiedFaults, subdomainFaults, valueFaults } from './names.ts'

const ANNOTATIONS_MAX_BYTES = 256 * 1024
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])
const IMMUTABLE = ['name', 'namespace', 'uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const

export function validateMeta(object: JsonObject, nameFaults = subdomainFaults): Cause[] {
  const name = textAt(object, 'metadata', 'name')
  const generateName = textAt(object, 'metadata', 'generateName')
  const causes: Cause[] = []
  if (name === '') causes.push(required('metadata.name', 'name or generateName is required'))
  else causes.push(...nameFaults(name).map((fault) => invalidValue('metadata.name', name, fault)))
  if (generateName !== '') {
    const faults = nameFaults(generateName.replace(/-$/, 'a'))
    causes.push(...faults.map((fault) => invalidValue('metadata.generateName', generateName, fault)))
  }
  return [...causes, ...validateMaps(object), ...validateOwners(object), ...validateFinalizers(object)]
}

function validateMaps(object: JsonObject): Cause[] {
  const labels = objectAt(object, 'metadata', 'labels')
  const annotations = objectAt(object, 'metadata', 'annotations')
  const causes: Cause[] = []
  for (const [key, value] of Object.entries(labels)) {
    causes.push(...qualifiedFaults(key).map((fault) => invalidValue('metadata.labels', key, fault)))
    causes.push(...valueFaults(String(value)).map((fault) => invalidValue('metadata.labels', value, fault)))
  }
  let sizeBytes = 0
  for (const [key, value] of Object.entries(annotations)) {
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(String(value))
    const faults = qualifiedFaults(key.toLowerCase())
    causes.push(...faults.map((fault) => invalidValue('metadata.annotations', key, fault)))
  }
  if (sizeBytes > ANNOTATIONS_MAX_BYTES) causes.push(tooLongBytes('metadata.annotations', ANNOTATIONS_MAX_BYTES))
  return causes
}

function validateOwners(object: JsonObject): Cause[] {
  return listAt(object, 'metadata', 'ownerReferences').flatMap((owner, index) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((key) => textAt(owner, key) === '')
      .map((key) => required(`metadata.ownerReferences[${index}].${key}`, 'must not be empty')),
  )
}

function validateFinalizers(object: JsonObject): Cause[] {
  return listAt(object, 'metadata', 'finalizers').flatMap((finalizer, index) => {
    const field = `metadata.finalizers[${index}]`
    const text = String(finalizer)
    const faults = qualifiedFaults(text)
    if (faults.length > 0) return faults.map((fault) => invalidValue(field, text, fault))
    if (text.includes('/') || STANDARD_FINALIZERS.has(text)) return []
    return [invalidValue(field, text, 'name is neither a standard finalizer name nor is it fully qualified')]
  })
}

export function validateMetaUpdate(object: JsonObject, old: JsonObject): Cause[] {
  const causes = validateNewFinalizers(object, old)
  for (const key of IMMUTABLE) {
    const value = valueAt(object, 'metadata', key)
    if (!isSame(value, valueAt(old, 'metadata', key)))
      causes.push(invalidValue(`metadata.${key}`, value ?? null, 'field is immutable'))
  }
  return [...causes, ...validateMaps(object), ...validateOwners(object), ...validateFinalizers(object)]
}

function validateNewFinalizers(object: JsonObject, old: JsonObject): Cause[] {
  if (valueAt(old, 'metadata', 'deletionTimestamp') === undefined) return []
  const before = listAt(old, 'metadata', 'finalizers')
  const fresh = listAt(object, 'metadata', 'finalizers').filter((one) => !before.includes(one))
  if (fresh.length === 0) return []
  const shown = fresh.map((one) => JSON.stringify(one)).join(', ')
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`
  return [forbiddenField('metadata.finalizers', why)]
}
