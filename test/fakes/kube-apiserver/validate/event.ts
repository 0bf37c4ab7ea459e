/**
 * core/v1 events, after legacyValidateEvent: of an event without eventTime only the namespace is checked, neither its
 * name nor its lengths are.
 */
import { type JsonObject, textAt, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { invalidValue, required } from './cause.ts'
import { qualifiedFaults } from './names.ts'

const LIMITS = [
  ['reportingInstance', 128, true],
  ['action', 128, true],
  ['reason', 128, true],
  ['message', 1024, false],
] as const

export function validateEvent(event: JsonObject): Cause[] {
  const namespace = textAt(event, 'metadata', 'namespace')
  const involved = textAt(event, 'involvedObject', 'namespace')
  const mismatch = invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')
  if (typeof valueAt(event, 'eventTime') !== 'string') {
    const isRight = involved === '' ? namespace === '' || namespace === 'default' : namespace === involved
    return isRight ? [] : [mismatch]
  }
  const causes: Cause[] = []
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') causes.push(mismatch)
  const component = textAt(event, 'reportingComponent')
  if (component === '') causes.push(required('reportingComponent'))
  causes.push(...qualifiedFaults(component).map((fault) => invalidValue('reportingComponent', component, fault)))
  for (const [field, max, isRequired] of LIMITS) {
    const text = textAt(event, field)
    if (isRequired && text === '') causes.push(required(field))
    if (Buffer.byteLength(text) > max) causes.push(invalidValue(field, '', `can have at most ${max} characters`))
  }
  return causes
}
