/** Pods and what makes them: as much of pkg/apis/core/validation as an agent can run into. */
import { isObject, isSame, type Json, type JsonObject, listAt, objectAt, textAt } from '../json.ts'
import type { Cause } from '../status.ts'
import { duplicate, forbiddenField, invalidValue, required, unsupported } from './cause.ts'
import { labelFaults } from './names.ts'

const POLICIES = ['Always', 'OnFailure', 'Never'] as const
const CHANGEABLE = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'] as const

export function validatePodSpec(spec: JsonObject, field: string): Cause[] {
  const causes: Cause[] = []
  const containers = listAt(spec, 'containers')
  if (containers.length === 0) causes.push(required(`${field}.containers`))
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const at = `${field}.containers[${index}]`
    const name = textAt(container, 'name')
    if (name === '') causes.push(required(`${at}.name`))
    else causes.push(...labelFaults(name).map((fault) => invalidValue(`${at}.name`, name, fault)))
    if (names.has(name)) causes.push(duplicate(`${at}.name`, name))
    names.add(name)
    if (textAt(container, 'image') === '') causes.push(required(`${at}.image`))
  }
  const policy = textAt(spec, 'restartPolicy')
  if (!POLICIES.some((known) => known === policy)) causes.push(unsupported(`${field}.restartPolicy`, policy, POLICIES))
  return causes
}

export function validatePod(pod: JsonObject): Cause[] {
  return validatePodSpec(objectAt(pod, 'spec'), 'spec')
}

export function validatePodUpdate(pod: JsonObject, old: JsonObject): Cause[] {
  if (isSame(fixedPart(pod), fixedPart(old))) return []
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ]
}

function fixedPart(pod: JsonObject): Json {
  const spec: JsonObject = { ...objectAt(pod, 'spec') }
  for (const key of CHANGEABLE) delete spec[key]
  for (const key of ['containers', 'initContainers'])
    spec[key] = listAt(spec, key).map((container) => (isObject(container) ? { ...container, image: '' } : container))
  return spec
}

export function defaultPodSpec(spec: JsonObject): void {
  const defaults = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  }
  for (const [key, value] of Object.entries(defaults)) spec[key] ??= value
  for (const key of ['containers', 'initContainers']) for (const one of listAt(spec, key)) defaultContainer(one)
}

function defaultContainer(container: Json): void {
  if (!isObject(container)) return
  container['terminationMessagePath'] ??= '/dev/termination-log'
  container['terminationMessagePolicy'] ??= 'File'
  const tag = /:([^/:@]+)$/.exec(textAt(container, 'image').replace(/@.*/, ''))?.[1] ?? 'latest'
  container['imagePullPolicy'] ??= tag === 'latest' ? 'Always' : 'IfNotPresent'
}

export function defaultPod(pod: JsonObject): void {
  const spec = pod['spec']
  if (!isObject(spec)) return
  defaultPodSpec(spec)
  spec['enableServiceLinks'] ??= true
  spec['priority'] ??= 0
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority'
  spec['serviceAccountName'] ??= 'default'
  spec['serviceAccount'] ??= spec['serviceAccountName']
}
