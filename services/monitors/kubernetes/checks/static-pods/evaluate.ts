/** Whether the pods of manifests run. Pure. */
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
 * What keeps the pod of a manifest down; undefined: it runs, or nobody can tell. The kubelet puts the node's name behind the pod's
 * (pkg/kubelet/config/common.go).
 */
function whyDown({ file, name, kind }: Manifest, { sandboxes, containers }: FilePods): string | undefined {
  if (kind === 'broken') return `${file} is no manifest of a pod`
  const own = sandboxes.filter((sandbox) => sandbox.name === name || sandbox.name.startsWith(`${name}-`))
  // Of a manifest that may not be read, the pod may be called otherwise.
  if (own.length === 0) return kind === 'closed' ? undefined : `${name} (${file}) has no pod`
  const ready = own.filter(({ state }) => state === 'ready')
  if (ready.length === 0) return `${name} (${file}) has a pod that has ended`
  const runs = containers.some(
    ({ sandboxId, state }) => state === 'running' && ready.some(({ id }) => id === sandboxId),
  )
  return runs ? undefined : `${name} (${file}) has a pod in which nothing runs`
}

/** How they are; undefined: there are none here. */
export function seeStaticPods({ folder, manifests, pods }: StaticPodsReading): Seen | undefined {
  if (!manifests.ok) return manifests.reason === 'SourceMissing' ? undefined : { kind: 'unknown', ...manifests }
  if (manifests.value.length === 0) return undefined
  if (!pods.ok) return { kind: 'unknown', ...pods }
  const down = manifests.value.flatMap((manifest) => whyDown(manifest, pods.value) ?? [])
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
