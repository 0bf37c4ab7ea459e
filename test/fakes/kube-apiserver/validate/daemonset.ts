/** apps/v1 daemonsets, after pkg/apis/apps/validation. */
import { isObject, type JsonObject, objectAt, valueAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { invalidValue } from './cause.ts'
import { defaultPodSpec, validatePodSpec } from './pod.ts'

export function validateDaemonSet(set: JsonObject): Cause[] {
  const wanted = Object.entries(objectAt(set, 'spec', 'selector', 'matchLabels'))
  const labels = valueAt(set, 'spec', 'template', 'metadata', 'labels') ?? null
  const causes: Cause[] = []
  if (wanted.length === 0 || wanted.some(([key, value]) => valueAt(labels, key) !== value))
    causes.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  return [...causes, ...validatePodSpec(objectAt(set, 'spec', 'template', 'spec'), 'spec.template.spec')]
}

export function defaultDaemonSet(set: JsonObject): void {
  const spec = set['spec']
  if (!isObject(spec)) return
  const podSpec = valueAt(spec, 'template', 'spec')
  if (isObject(podSpec)) defaultPodSpec(podSpec)
  if (valueAt(spec, 'updateStrategy', 'type') === undefined)
    spec['updateStrategy'] = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }
  spec['revisionHistoryLimit'] ??= 10
}
