/** What a line of the kernel's log says of GPUs. */
import type { SxidWord } from '../xid/types.ts'

/** What XID 154 says is to be done now. */
export type Recovery =
  | 'none'
  | 'gpu-reset'
  | 'node-reboot'
  | 'drain-p2p'
  | 'drain-and-reset'
  | 'recover-imex'
  | 'unknown'

/** Who did it, as the kernel calls it; anybody names a process as he likes. */
export interface Culprit {
  readonly pid?: number | undefined
  readonly process?: string | undefined
  /** UID of the pod that it is in; undefined: it has ended, or is in none. */
  readonly pod?: string | undefined
  /** It is one of the node itself, or in a container; undefined: it has ended, or is of somebody who is logged in. */
  readonly isOfNode?: boolean | undefined
}

/** An XID. */
export interface XidFact extends Culprit {
  readonly kind: 'xid'
  /** "0000:83:00" */
  readonly place: string
  readonly code: number
  /** MIG: GPU instance and compute instance. */
  readonly gi?: number
  readonly ci?: number
  /** What the kernel says beside that. */
  readonly text: string
  /** "GPC 0, TPC 1" */
  readonly unit?: string
  /** Of XID 154. */
  readonly recovery?: Recovery
  /** Of NVLink 5, where the kernel says how grave it is. */
  readonly isFatal?: boolean
}

/** An SXid, of a switch between GPUs. */
export interface SxidFact {
  readonly kind: 'sxid'
  /** Number of the switch. */
  readonly number: number
  readonly place: string
  readonly code: number
  readonly word: SxidWord
  readonly link?: number
  readonly text: string
}

/** What one line, or several in a row, say. */
export type KernelFact =
  | XidFact
  | SxidFact
  | { readonly kind: 'uuid'; readonly place: string; readonly uuid: string }
  | { readonly kind: 'driver-loaded'; readonly version: string }
  | { readonly kind: 'fallen'; readonly place: string }
  /** The driver could not make a GPU ready; the place is undefined where only its minor number is said. */
  | { readonly kind: 'init-failed'; readonly place?: string; readonly minor?: number; readonly text: string }
  | { readonly kind: 'probe-failed'; readonly count: number }
  | ({
      readonly kind: 'mismatch'
      readonly client?: string
      readonly module?: string
      /** Whether the node's own library is of the client's version; undefined: it does not matter, since its program is known. */
      readonly isNodesLibrary?: boolean | undefined
    } & Culprit)
  | { readonly kind: 'aer-fatal'; readonly place: string; readonly text: string }
  | { readonly kind: 'peermem'; readonly text: string }
  | ({ readonly kind: 'nccl'; readonly library: string } & Culprit)
  | { readonly kind: 'hung'; readonly pid: number; readonly process: string; readonly seconds: number }
