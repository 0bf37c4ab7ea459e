/** What holds a drain up, told while it waits: once each time that it is another, and not without end. */
import type { NodePod } from '#kube'
import { nameAll } from './choose.ts'

/** So often in one run; what comes after it is told at the end. */
const TOLD_MAX = 8

/** Budgets of a pod that is not spared now. */
export interface Waiting {
  readonly pod: Pick<NodePod, 'namespace' | 'name'>
  readonly budgets: readonly string[]
}

/** "waits for PodDisruptionBudget db/main: db/main-0, db/main-1". A budget is of the namespace of its pods. Pure. */
export function waitWords(waiting: readonly Waiting[]): string {
  const pods = new Map<string, Waiting['pod'][]>()
  for (const { pod, budgets } of waiting)
    for (const budget of budgets) {
      const name = `${pod.namespace}/${budget}`
      pods.set(name, [...(pods.get(name) ?? []), pod])
    }
  const words = [...pods].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, of]) => `${name}: ${nameAll(of)}`)
  return words.length === 0 ? '' : `waits for PodDisruptionBudget ${words.join('; ')}`
}

/** Who is held up by what now. */
export interface Waits {
  /** `budgets` none: nothing holds it any more. Resolves when it is told. @throws as `tell` */
  set(uid: string, pod: Waiting['pod'], budgets: readonly string[]): Promise<void>
}

/** @param tell in words that were not told last */
export function createWaits(tell: (text: string) => Promise<void>): Waits {
  const waiting = new Map<string, Waiting>()
  let last = ''
  let left = TOLD_MAX
  return {
    async set(uid, pod, budgets) {
      if (budgets.length === 0) waiting.delete(uid)
      else waiting.set(uid, { pod, budgets })
      const text = waitWords([...waiting.values()])
      if (text === '' || text === last || left === 0) return
      last = text
      left--
      await tell(text)
    },
  }
}
