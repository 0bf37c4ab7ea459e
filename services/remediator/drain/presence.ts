/** Which pods are on a node now, by their uid: heard, not asked. */
import { type Clock, within } from '#clock'
import type { KubeClient, NodePod } from '#kube'

/** What is asked of the API server for it. */
export type PresenceCalls = Pick<KubeClient, 'followPodsOfNode'>

/** Pods of a node as they come and go, until it is closed. */
export interface Presence {
  /** Those of the first look. Rejects with the signal. */
  readonly first: Promise<readonly NodePod[]>
  /** Resolves once there is no pod of this uid there. Rejects with the signal. */
  gone(uid: string, signal: AbortSignal): Promise<void>
  close(): void
}

/** A first look that lasts longer is none. */
const LOOK_MS = 60_000

/** The first look, or in words why there is none. Rejects with the signal. */
export function firstLook({ first }: Presence, clock: Clock): Promise<readonly NodePod[] | string> {
  const late = `the node's pods were not heard of within ${LOOK_MS / 1000} s`
  return within<readonly NodePod[] | string>(clock, first, LOOK_MS, () => late)
}

/** Begins to follow. @param tell a line when the server is not heard, and when it is again */
export function followPresence(
  calls: PresenceCalls,
  {
    node,
    signal,
    tell,
  }: { readonly node: string; readonly signal: AbortSignal; readonly tell: (line: string) => void },
): Presence {
  const end = new AbortController()
  const both = AbortSignal.any([signal, end.signal])
  const { promise: first, resolve, reject } = Promise.withResolvers<readonly NodePod[]>()
  const waiting = new Set<() => void>()
  let here: ReadonlyMap<string, NodePod> | undefined
  let isHeard = true
  // Whoever never asks for the first look is not hurt by its end.
  first.catch(() => undefined)
  both.addEventListener('abort', () => reject(both.reason), { once: true })
  calls
    .followPodsOfNode(node, {
      signal: both,
      onChange(pods) {
        here = pods
        resolve([...pods.values()])
        for (const look of [...waiting]) look()
      },
      onState({ trouble }) {
        if ((trouble === undefined) === isHeard) return
        isHeard = trouble === undefined
        tell(
          trouble === undefined ? 'the API server is heard again' : `the API server is not heard: ${trouble.message}`,
        )
      },
    })
    .catch(reject)

  return {
    first,
    gone(uid, until) {
      return new Promise((done, fail) => {
        const abort = () => {
          waiting.delete(look)
          fail(until.reason)
        }
        const look = () => {
          if (here?.has(uid) !== false) return
          waiting.delete(look)
          until.removeEventListener('abort', abort)
          done()
        }
        if (until.aborted) return abort()
        until.addEventListener('abort', abort, { once: true })
        waiting.add(look)
        look()
      })
    },
    close: () => end.abort(new Error('nobody follows the pods any more')),
  }
}
