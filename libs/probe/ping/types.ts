/** How it is asked whether a neighbour lives, and what comes of it. */
import type { Files, Programs } from '#host'
import type { PingStatistics } from './iputils.ts'

/** What of the host a ping needs. */
export interface PingHost {
  readonly files: Pick<Files, 'readText'>
  readonly programs: Pick<Programs, 'run'>
}

/** The kernel's words for an entry of its table of neighbours (`ip neighbour`). */
export type NeighbourState =
  | 'INCOMPLETE'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'FAILED'
  | 'NOARP'
  | 'PERMANENT'
  | 'NONE'

/** Who is asked, and how. */
export interface PingQuestion {
  /** An address of IPv4 or IPv6, with its zone where it is of one link. */
  readonly address: string
  /** 1 to 100 echo requests. Default 3. */
  readonly count?: number
  /** From one to the next. Default 200, which is the least that any version of ping grants who is not root. */
  readonly intervalMs?: number
  /**
   * How long the answer to the last of them is waited for where none came before. Else that is twice the longest time that came, and
   * `intervalMs` at least: what comes later counts as lost. Default 1,000.
   */
  readonly waitMs?: number
  /**
   * Where no echo request may be sent, or none is answered: what the table of neighbours says of the address; undefined: nothing. Absent: it
   * is not looked at.
   */
  readonly neighbour?: ((address: string, signal: AbortSignal) => Promise<NeighbourState | undefined>) | undefined
}

/** Somebody lives there, or nobody knows. That nobody does is no answer, and a failure. */
export type PingAnswer =
  /** Some echo requests were answered, at least one. */
  | ({ readonly kind: 'echo' } & PingStatistics)
  /** It said that nobody listens at that port: so it lives. */
  | { readonly kind: 'port-unreachable'; readonly ms: number }
  /** It has confirmed its address to this machine just now. How long that took nobody knows. */
  | { readonly kind: 'neighbour' }
  /** It does not answer such questions, or is not on this link; no echo request may be sent from here. */
  | { readonly kind: 'unknown'; readonly state: NeighbourState | undefined }
