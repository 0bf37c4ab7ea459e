/** This machine's Node object, followed as long as the process lives, and the way to the API server that it is followed by. */
import { type Clock, unlessAborted } from '#clock'
import { createKubeClient, findAccess, type KubeAccess, type KubeClient, type KubeNode, KubeNowhereError } from '#kube'
import { createBackoff } from '#pace'
import type { Logger } from '#service'
import type { Mute } from '../gates/types.ts'
import { goneAfter, type LastWord, muteOf, type NodeWord, wordOf } from '../mute/mute.ts'
import { type Machine, whyAnother } from './whose.ts'

/** Whose node, and where it is looked for. */
export interface OwnNodeOptions {
  readonly nodeName: string
  /** This one. */
  readonly machine: Machine
  readonly version: string
  /** A file; goes before the environment. */
  readonly kubeconfig: string | undefined
  /** What it said to an earlier process. */
  readonly before: LastWord
  /** The environment that says where a cluster is. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Logger
  /** Something is otherwise. */
  readonly changed: () => void
  readonly signal: AbortSignal
}

/** What is known of it. */
export interface OwnNode {
  readonly name: string
  /** undefined: there is no way to the API server, or none yet. */
  readonly client: KubeClient | undefined
  word(): NodeWord
  /** What of its word is to be journalled; undefined: this process has heard nothing of it. */
  lastWord(): LastWord | undefined
  /** What it says of whether it is to be repaired, hours aside. */
  mute(): Mute
  /** Why a node that was heard of is another machine's, so that nothing is done about it through the API; "": it is not. */
  whyAnother(seen: KubeNode): string
  /** Hears of it from now on, after each change; stop it by what is returned. */
  listen(listener: (node: KubeNode) => void): () => void
  /** The node, once it was heard of. @throws the signal's reason */
  heard(signal: AbortSignal): Promise<KubeNode>
  /** Rejects with what nobody foresaw. */
  readonly ended: Promise<void>
  close(): void
}

/** Whoever begins waits so long for the node's first word: people may have said that it is to be left alone. */
const FIRST_WORD_MS = 10_000
const RETRY = { minMs: 1000, maxMs: 60_000 } as const

type Says = (api: NodeWord['api'], data?: Readonly<Record<string, unknown>>) => void

/** The way to the API server, looked for until there is one; undefined: this machine is of no cluster, or the process ends. */
async function find(
  { kubeconfig, env, clock, log, signal }: OwnNodeOptions,
  says: Says,
): Promise<KubeAccess | undefined> {
  const backoff = createBackoff(RETRY)
  let told = ''
  while (!signal.aborted) {
    try {
      return await findAccess({ kubeconfig, env, clock })
    } catch (err) {
      const reason = err instanceof Error ? err.message : String(err)
      if (err instanceof KubeNowhereError) {
        log.info('this machine is of no cluster: nothing is asked of an API server', { reason })
        says('none')
        return undefined
      }
      if (reason !== told) log.warn('there is no way to the API server yet', { reason })
      told = reason
      await clock.sleep(backoff.next(), signal).catch(() => undefined)
    }
  }
  return undefined
}

/** Whoever listens to what is heard of the node. */
function createListening(last: () => KubeNode | undefined) {
  const listeners = new Set<(node: KubeNode) => void>()
  function listen(listener: (node: KubeNode) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    listen,
    tell(node: KubeNode): void {
      for (const listener of [...listeners]) listener(node)
    },
    async heard(until: AbortSignal): Promise<KubeNode> {
      const known = last()
      if (known !== undefined) return known
      const { promise, resolve } = Promise.withResolvers<KubeNode>()
      const stop = listen(resolve)
      try {
        return await unlessAborted(promise, until)
      } finally {
        stop()
      }
    },
  }
}

/** Follows it until the signal aborts. Nothing that is away rejects: it is looked for again. */
export function createOwnNode(options: OwnNodeOptions): OwnNode {
  const { nodeName, machine, version, before, clock, log, changed, signal } = options
  const beganMs = clock.monotonicMs()
  let client: KubeClient | undefined
  let node: KubeNode | undefined
  /** As it was heard of last, also where it is gone since. */
  let last: KubeNode | undefined
  let isGone = false
  let api: NodeWord['api'] = 'silent'
  const { listen, tell, heard } = createListening(() => node)

  const says: Says = (now, data = {}) => {
    if (now === api) return
    api = now
    if (now === 'speaks') log.info('the API server is heard', { node: nodeName })
    if (now === 'silent')
      log.warn('the API server is silent; no workload is disturbed, and what the node said last holds', data)
    changed()
  }

  async function follow(): Promise<void> {
    const access = await find(options, says)
    if (access === undefined || signal.aborted) return
    client = createKubeClient({ access, userAgent: `node-doctor/${version} (remediator; ${nodeName})` })
    await client.followNode(nodeName, {
      signal,
      onState: ({ trouble }) => says(trouble === undefined ? 'speaks' : 'silent', { err: trouble }),
      onChange(now) {
        node = now
        last = now ?? last
        isGone = now === undefined
        if (now !== undefined) tell(now)
        changed()
      },
    })
  }

  const word = () => ({ node, api, before })
  const gone = { text: `there is no Node object ${nodeName}` }
  return {
    name: nodeName,
    get client() {
      return client
    },
    word,
    lastWord() {
      if (last === undefined) return isGone ? goneAfter(before, gone) : undefined
      return isGone ? goneAfter(wordOf(last), gone) : wordOf(last)
    },
    mute() {
      // Its last word holds: of a node that was taken out of the cluster, too, until another one of its name speaks.
      const muted = muteOf({ ...word(), node: node ?? last })
      if (isGone) return { ...muted, holds: [...muted.holds, gone] }
      const isAwaited =
        node === undefined && before.nodeUid !== '' && api !== 'none' && clock.monotonicMs() - beganMs < FIRST_WORD_MS
      return isAwaited ? { ...muted, holds: [...muted.holds, { text: 'the node was not heard of yet' }] } : muted
    },
    whyAnother: (seen) => whyAnother(seen, machine),
    listen,
    heard,
    ended: follow(),
    close: () => client?.close(),
  }
}
