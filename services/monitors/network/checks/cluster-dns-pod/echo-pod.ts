/** Pods of the echo component, and what one of them says of the cluster's DNS. Pure. */
import type { EndpointSlice } from '#kube'
import { portIn } from '../peers/peer.ts'

/** A pod that may be asked. */
export interface EchoPod {
  readonly address: string
  readonly port: number
  /** It runs on this node. */
  readonly isOwn: boolean
}

/**
 * Those of a slice that serve.
 * @param port undefined: the one that the slice says
 */
export function echoPodsIn(slice: EndpointSlice, port: number | undefined, nodeName: string): readonly EchoPod[] {
  const asked = port ?? portIn(slice)
  if (asked === undefined || slice.addressType === 'FQDN') return []
  return slice.endpoints.flatMap(({ addresses: [address], isServing, isTerminating, nodeName: theirs }) =>
    address === undefined || !isServing || isTerminating
      ? []
      : [{ address, port: asked, isOwn: nodeName !== '' && theirs === nodeName }],
  )
}

/** What a pod says, as the Go Node Doctor's overlay-test-server says it too. */
export interface SaidOfDns {
  /** "kubernetes.default.svc.cluster.local" */
  readonly target: string
  readonly isResolved: boolean
  /** How long it took, in milliseconds, and for how long of that the pod itself was kept from working; 0 of one that does not say. */
  readonly ms: number
  readonly lateMs: number
  /** "" where it was resolved. */
  readonly error: string
}

const WORDS_MAX = 120
const NAME = /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,20}$/

/** A stranger's words: printable, and few. */
function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[^\x20-\x7e]+/g, ' ').slice(0, WORDS_MAX) : ''
}

function millisecondsOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 && value < 1e6 ? value : 0
}

/** Reads the answer; undefined: it is none to that. */
export function saidIn(body: string): SaidOfDns | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { target, resolved, latencyMs, lateMs, error } = value as Record<string, unknown>
  if (typeof resolved !== 'boolean' || typeof target !== 'string' || !NAME.test(target)) return undefined
  return {
    target,
    isResolved: resolved,
    ms: millisecondsOf(latencyMs),
    lateMs: millisecondsOf(lateMs),
    error: resolved ? '' : wordsOf(error),
  }
}
