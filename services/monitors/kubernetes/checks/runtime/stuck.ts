/** Pods that do not go on because the runtime does not. Pure. */
import type { Container, Sandbox } from '#cri'
import type { Finding } from '#monitor-kit'
import { duration, judgedFinding, judgeLevel, levelOf, namedLimit, plural } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'

/** Since when a container was seen not to go on, by its id, in the clock's monotonic milliseconds. */
export type StuckMemory = ReadonlyMap<string, number>

/** A container that may be on its way, and is stuck once that lasts. */
interface Standing {
  readonly id: string
  /** "shop/web-0" */
  readonly pod: string
  /** "container web is created and not started" */
  readonly what: string
}

const PODS_SHOWN = 3
/** As many as a file of what is remembered has room for; the first of a list. */
const STANDING_MAX = 400

function whatOf({ name, state }: Container, sandbox: Sandbox | undefined): string | undefined {
  if (state === 'created') return `container ${name} is created and not started`
  if (state === 'unknown') return `the runtime does not know how container ${name} is`
  if (state === 'running' && sandbox?.state === 'not-ready') return `container ${name} runs on in a pod that has ended`
  return undefined
}

/** Containers that do not go on just now. What waits for an image has no container, and is nobody's fault here. */
function standingOf(sandboxes: readonly Sandbox[], containers: readonly Container[]): readonly Standing[] {
  const byId = new Map(sandboxes.map((sandbox) => [sandbox.id, sandbox]))
  const standing: Standing[] = []
  for (const container of containers) {
    const sandbox = byId.get(container.sandboxId)
    const what = whatOf(container, sandbox)
    if (what === undefined) continue
    const pod = sandbox === undefined ? container.sandboxId.slice(0, 12) : `${sandbox.namespace}/${sandbox.name}`
    standing.push({ id: container.id, pod, what })
    if (standing.length === STANDING_MAX) break
  }
  return standing
}

function firstPods(stuck: readonly Standing[], sinceOf: (id: string) => number, nowMs: number): string {
  const shown = stuck.slice(0, PODS_SHOWN)
  const words = shown.map(({ pod, what, id }) => `${pod}: ${what} for ${duration(nowMs - sinceOf(id))}`)
  return words.join('; ')
}

/** Judges the lists of one look. */
export function judgeStuck(
  { sandboxes, containers }: { readonly sandboxes: readonly Sandbox[]; readonly containers: readonly Container[] },
  before: StuckMemory,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): { readonly memory: StuckMemory; readonly finding: Finding } {
  const standing = standingOf(sandboxes, containers)
  const memory = new Map(standing.map(({ id }) => [id, before.get(id) ?? nowMs]))
  const sinceOf = (id: string): number => memory.get(id) ?? nowMs
  const stuck = standing
    .filter(({ id }) => nowMs - sinceOf(id) >= config.stuckAfter)
    .sort((a, b) => sinceOf(a.id) - sinceOf(b.id))
  const value = new Set(stuck.map(({ pod }) => pod)).size
  const limits = { warning: config.stuckWarningPods, critical: config.stuckCriticalPods }
  const verdict = judgeLevel(levelOf(value, limits))
  const words = value === 0 ? '' : `; ${firstPods(stuck, sinceOf, nowMs)}`
  const message = `${plural(value, 'pod')} stuck, limit ${namedLimit(verdict, limits)}${words}`
  const evidence = { value, unit: '', ...limits, lowIsBad: false, label: 'pods stuck', detail: '', metric: '' }
  const summary = value === 1 ? `pod ${stuck[0]?.pod} is stuck` : `${plural(value, 'pod')} are stuck`
  return {
    memory,
    finding: judgedFinding({ type: 'PodsStuck', verdict, healthyReason: 'NoPodsStuck', message, summary, evidence }),
  }
}
