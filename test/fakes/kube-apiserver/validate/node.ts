/** Nodes, after pkg/apis/core/validation: conditions are not looked into at all. */
import { isObject, isSame, type JsonObject, listAt, objectAt, textAt, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { duplicate, forbiddenField, invalidValue, required, unsupported } from './cause.ts'
import { validateMeta, validateMetaUpdate } from './meta.ts'
import { qualifiedFaults, valueFaults } from './names.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

export function validateNode(node: JsonObject): Cause[] {
  return [...validateMeta(node), ...validateTaints(node), ...validateResources(node)]
}

/** What an update must keep; of `nodes/status` nothing else is checked. */
export function validateNodeUpdate(node: JsonObject, old: JsonObject): Cause[] {
  const causes = [...validateMetaUpdate(node, old), ...validateResources(node)]
  const seen = new Set<string>()
  for (const [index, address] of listAt(node, 'status', 'addresses').entries()) {
    const type = textAt(address, 'type')
    const value = textAt(address, 'address')
    const key = `${type}\n${value}`
    if (seen.has(key)) causes.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: value }))
    seen.add(key)
  }
  const oldCidrs = listAt(old, 'spec', 'podCIDRs')
  if (oldCidrs.length > 0 && !isSame(oldCidrs, listAt(node, 'spec', 'podCIDRs')))
    causes.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  const [oldId, id] = [textAt(old, 'spec', 'providerID'), textAt(node, 'spec', 'providerID')]
  if (oldId !== '' && id !== oldId)
    causes.push(invalidValue('spec.providerID', null, `field cannot be ${id === '' ? 'cleared' : 'modified'} once set`))
  return [...causes, ...validateTaints(node)]
}

function validateTaints(node: JsonObject): Cause[] {
  const causes: Cause[] = []
  const seen = new Set<string>()
  for (const [index, taint] of listAt(node, 'spec', 'taints').entries()) {
    // The real server calls them so.
    const field = `metadata.taints[${index}]`
    const [key, value, effect] = [textAt(taint, 'key'), textAt(taint, 'value'), textAt(taint, 'effect')]
    causes.push(...qualifiedFaults(key).map((fault) => invalidValue(`${field}.key`, key, fault)))
    const faults = valueFaults(value)
    if (faults.length > 0) causes.push(invalidValue(`${field}.value`, value, faults.join(';')))
    if (effect === '') causes.push(required(`${field}.effect`))
    else if (!EFFECTS.some((known) => known === effect)) causes.push(unsupported(`${field}.effect`, effect, EFFECTS))
    const id = `${key}\n${effect}`
    if (seen.has(id))
      causes.push(
        duplicate(
          field,
          { Key: key, Value: value, Effect: effect, TimeAdded: null },
          'taints must be unique by key and effect pair',
        ),
      )
    seen.add(id)
  }
  return causes
}

function validateResources(node: JsonObject): Cause[] {
  return ['capacity', 'allocatable'].flatMap((kind) =>
    Object.entries(objectAt(node, 'status', kind))
      .filter(([, quantity]) => String(quantity).startsWith('-'))
      .map(([name, quantity]) =>
        invalidValue(`status.${kind}.${name}`, quantity, 'must be greater than or equal to 0'),
      ),
  )
}

/** The older of the two fields is the one that counts. */
function settleCidrs(spec: JsonObject): void {
  const first = textAt(spec, 'podCIDR')
  if (first !== '' && listAt(spec, 'podCIDRs')[0] !== first) spec['podCIDRs'] = [first]
  const [known] = listAt(spec, 'podCIDRs')
  if (known !== undefined) spec['podCIDR'] = known
}

/** A node that says what it has and not what of it may be used lets all of it be used. */
export function defaultNode(node: JsonObject): void {
  const status = node['status']
  if (isObject(node['spec'])) settleCidrs(node['spec'])
  const capacity = valueAt(node, 'status', 'capacity')
  if (isObject(status) && isObject(capacity) && status['allocatable'] === undefined)
    status['allocatable'] = { ...capacity }
}
