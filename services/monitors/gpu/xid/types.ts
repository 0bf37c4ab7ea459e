/** What the catalogue of XID and SXid says. */
import type { Action, Severity } from '#model'

/** What proves a fault gone. `none`: it is an event and stands for nothing. */
export type Proof =
  | 'none'
  /** A proven reset of the device, or the driver loaded anew; a reboot. */
  | 'reset'
  /** A reboot, or the driver's own word that nothing is to be done any more. */
  | 'reboot'
  /** Another GPU in its place. A reboot proves nothing. */
  | 'replacement'

/** What a code asks for. */
export interface Verdict {
  readonly severity: Severity
  readonly action: Action | 'none'
  readonly proof: Proof
}

/** When the same again is more than one of them. */
export interface Repeat extends Verdict {
  /** So many, */
  readonly times: number
  /** in so many hours, */
  readonly hours: number
  /** of one GPU, or of one unit of it (GPC, TPC), */
  readonly same: 'gpu' | 'unit'
  /** each of another program, which is another pod's or else has another name, or each a fault of its own (three minutes apart). */
  readonly apart: 'process' | 'fault'
}

/** A code of XID. */
export interface XidRow extends Verdict {
  readonly code: number
  readonly meaning: string
  /** Of the vendor's catalogue; `UNLISTED` where it has none. */
  readonly advice: string
  readonly repeat?: Repeat
  /** It is a detail of another code, and that is told of it. */
  readonly detailOf?: number
  readonly detail?: string
}

/** How a row is told otherwise on a site. */
export interface Override {
  readonly action?: Verdict['action'] | undefined
  readonly mode?: Mode | undefined
}

/** off: never told; observe: told and never acted on. */
export type Mode = 'off' | 'observe' | 'act'

/** How grave the kernel calls an SXid. */
export type SxidWord = 'Fatal' | 'Non-fatal' | 'Correctable'

/** A code of SXid. */
export interface SxidRow extends Verdict {
  readonly code: number
  /** What the vendor's guide lists it as; `unlisted`. */
  readonly listed: string
}
