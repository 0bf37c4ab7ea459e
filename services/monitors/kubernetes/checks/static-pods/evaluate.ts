/** Whether the pods of manifests run. Pure. */

import type { Sandbox } from '#cri'
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import { judgeLasting, type Lasting, NOT_SEEN, type Seen } from '../../lasting.ts'
import type { Config } from './config.ts'
import type { FilePods, Manifest, StaticPodsReading } from './source.ts'

export const TYPE = 'StaticPodsDown'

/** What one check keeps for the next. */
export interface StaticPodsMemory {
  readonly health: Lasting
  readonly isTold: boolean
}

export const FIRST_STATIC_PODS: StaticPodsMemory = { health: NOT_SEEN, isTold: false }

export interface StaticPodsVerdict {
  readonly memory: StaticPodsMemory
  readonly findings: readonly Finding[]
  readonly withdrawn: readonly ConditionKey[]
}

const SHOWN = 4

/**
 * Pods of a manifest. The kubelet puts the node's name behind the pod's (pkg/kubelet/config/common.go). Where it calls the node otherwise
 * than we do, any end will do, unless it is the pod of another manifest: "etcd-backup-n1" is none of "etcd".
 */
function podsOf(
  { name }: Manifest,
  { nodeName, manifests }: Around,
  sandboxes: readonly Sandbox[],
): readonly Sandbox[] {
  const exact = sandboxes.filter((sandbox) => sandbox.name === name || sandbox.name === `${name}-${nodeName}`)
  if (exact.length > 0) return exact
  const longer = manifests.filter((other) => other.name.startsWith(`${name}-`))
  return sandboxes.filter(
    (sandbox) =>
      sandbox.name.startsWith(`${name}-`) &&
      !sandbox.name.endsWith(`-${nodeName}`) &&
      !longer.some((other) => sandbox.name.startsWith(`${other.name}-`)),
  )
}

interface Around {
  readonly nodeName: string
  readonly manifests: readonly Manifest[]
}

/** What keeps the pod of a manifest down; undefined: it runs, or nobody can tell. */
function whyDown(manifest: Manifest, around: Around, { sandboxes, containers }: FilePods): string | undefined {
  const { file, name, kind, mayEnd } = manifest
  if (kind === 'broken') return `${file} is no manifest of a pod`
  const own = podsOf(manifest, around, sandboxes)
  // Of a manifest that may not be read, the pod may be called otherwise.
  if (own.length === 0) return kind === 'closed' ? undefined : `${name} (${file}) has no pod`
  if (mayEnd) return undefined
  const ready = own.filter(({ state }) => state === 'ready')
  if (ready.length === 0) return `${name} (${file}) has a pod that has ended`
  const runs = containers.some(
    ({ sandboxId, state }) => state === 'running' && ready.some(({ id }) => id === sandboxId),
  )
  return runs ? undefined : `${name} (${file}) has a pod in which nothing runs`
}

/** How they are; undefined: there are none here. */
export function seeStaticPods({ nodeName, folder, manifests, pods }: StaticPodsReading): Seen | undefined {
  if (!manifests.ok) return manifests.reason === 'SourceMissing' ? undefined : { kind: 'unknown', ...manifests }
  if (manifests.value.length === 0) return undefined
  if (!pods.ok) return { kind: 'unknown', ...pods }
  const around = { nodeName, manifests: manifests.value }
  const down = manifests.value.flatMap((manifest) => whyDown(manifest, around, pods.value) ?? [])
  const count = manifests.value.length
  const [first] = down
  if (first === undefined) return { kind: 'well', message: `the pods of ${count} manifests in ${folder} run` }
  const more = down.length > SHOWN ? ` and ${down.length - SHOWN} more` : ''
  const message = `${down.length} of ${count} static pods are down: ${down.slice(0, SHOWN).join('; ')}${more}`
  const summary = down.length === 1 ? `a static pod is down: ${first}` : `${down.length} static pods are down`
  return { kind: 'sick', reason: 'StaticPodsDown', message, summary }
}

/** Judges one look. @param reading undefined: this machine is no node */
export function evaluateStaticPods(
  reading: StaticPodsReading | undefined,
  config: Config,
  before: StaticPodsMemory,
): StaticPodsVerdict {
  const seen = reading && seeStaticPods(reading)
  if (seen === undefined)
    return { memory: FIRST_STATIC_PODS, findings: [], withdrawn: before.isTold ? [{ type: TYPE, entity: '' }] : [] }
  const options = { type: TYPE, healthyReason: 'StaticPodsRun', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seen, before.health, options)
  return { memory: { health: memory, isTold: true }, findings: [finding], withdrawn: [] }
}
