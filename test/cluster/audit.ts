/** What the API server was asked, by its own audit log: figures that nothing else on a real cluster tells. */
import { readFileSync } from 'node:fs'
import { check } from './cluster.ts'
import type { DrillContext } from './drill.ts'
import { hook } from './hooks.ts'
import { stepMs } from './repairs.ts'

/** In which it is noticed that the last pod is gone. */
const NOTICED_MS = 1000
/** Requests that a reboot costs at most, beside evictions. */
const REBOOT_REQUESTS = 15

interface Asked {
  /** "ResponseStarted" of a watch, which is told again when it ends. */
  readonly stage: string
  readonly verb: string
  readonly requestURI: string
  readonly userAgent?: string
  readonly user: { readonly username: string }
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly namespace?: string }
  readonly responseStatus?: { readonly code?: number }
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
}

/** Requests that it was done with since then, in the order of the log. */
function askedSince(sinceMs: number): readonly Asked[] {
  const lines = readFileSync(hook('API_AUDIT'), 'utf8').split('\n')
  const done = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Asked)
  return done.filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= sinceMs)
}

/** When the kubelet of a node was last answered that a pod of a namespace is gone, in milliseconds since 1970. -Infinity: never. */
function lastGoneMs(node: string, namespace: string): number {
  const gone = askedSince(0).filter(
    ({ verb, user, objectRef, responseStatus }) =>
      verb === 'delete' &&
      user.username === `system:node:${node}` &&
      objectRef?.resource === 'pods' &&
      objectRef.namespace === namespace &&
      responseStatus?.code === 200,
  )
  return Math.max(...gone.map(({ stageTimestamp }) => Date.parse(stageTimestamp)), Number.NEGATIVE_INFINITY)
}

/** What the remediator of a node asked since then, by "verb resource", beside evictions and the watch of its own Node. */
function remediatorAsked(node: string, sinceMs: number): readonly string[] {
  return askedSince(sinceMs)
    .filter(({ stage, userAgent = '' }) => stage === 'ResponseComplete' && userAgent.includes(`(remediator; ${node})`))
    .filter(({ objectRef, requestURI }) => {
      const isFollowing = objectRef?.resource === 'nodes' && requestURI.includes('fieldSelector')
      return objectRef?.subresource !== 'eviction' && !isFollowing
    })
    .map(({ verb, objectRef, requestURI }) => `${verb} ${objectRef?.resource ?? requestURI}`)
}

/** How long after a drain's last pod of a namespace was gone it noticed, by the API server's clock and the node's. */
export function checkNoticed({ say }: DrillContext, node: string, attempt: string, namespace: string): void {
  if (hook('API_AUDIT') === '') {
    say('NOT DONE: how soon it was noticed, API_AUDIT is not set')
    return
  }
  const ms = stepMs(node, attempt, 'drained') - lastGoneMs(node, namespace)
  check(`it is noticed within ${NOTICED_MS} ms, not ${ms}`, ms <= NOTICED_MS)
  say(`noticed ${ms} ms after the last pod was gone`)
}

/** What a reboot has cost the API server until now, from a moment before its problem on, in milliseconds since 1970. */
export function checkRequests({ say }: DrillContext, node: string, sinceMs: number): void {
  if (hook('API_AUDIT') === '') {
    say('NOT DONE: requests counted, API_AUDIT is not set')
    return
  }
  const asked = remediatorAsked(node, sinceMs)
  const kinds = new Map<string, number>()
  for (const one of asked) kinds.set(one, (kinds.get(one) ?? 0) + 1)
  const text = [...kinds].map(([one, count]) => `${count} ${one}`).join(', ')
  const isFew = asked.length > 0 && asked.length <= REBOOT_REQUESTS
  check(`some requests, and at most ${REBOOT_REQUESTS}, not ${asked.length}: ${text}`, isFew)
  say(`${asked.length} requests beside evictions: ${text}`)
}
