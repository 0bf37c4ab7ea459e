/** What a site's override makes of a row of the catalogue, and which ones make nothing of it. Pure. */
import { XIDS } from './catalogue.ts'
import type { Override, Verdict, XidRow } from './types.ts'

/** Whether by it something that is an event stands until it is proven gone. */
function doesStand({ action = 'none', mode }: Override): boolean {
  return action !== 'none' || mode === 'act'
}

/**
 * The row as a site has it: an event of which the site wants something done, or which it wants acted on (`mode: act`), is a fault,
 * a warning at least, that a reset proves gone.
 */
export function ruledBy<Row extends Verdict>(row: Row, override: Override | undefined): Row {
  if (override === undefined) return row
  const { action = row.action } = override
  if (row.proof !== 'none' || !doesStand(override)) return { ...row, action }
  return { ...row, action, proof: 'reset', severity: row.severity === 'info' ? 'warning' : row.severity }
}

/** XID 154 is told as what the driver asks for, which is a fault. */
const FAULT_OF_ITS_OWN = 154

/** Whether a code is an event however often it is told, so that nothing is ever asked for by it. */
function isEventAlone({ code, proof, repeat }: XidRow): boolean {
  return proof === 'none' && (repeat?.proof ?? 'none') === 'none' && code !== FAULT_OF_ITS_OWN
}

/** Codes of XID that stand for nothing, however often they are told. */
export const EVENTS_ALONE: readonly number[] = [...XIDS.values()].filter(isEventAlone).map(({ code }) => code)

/** An override that changes nothing: of a key among `keys` (default: of any), and all of whose values are among those of `only`. */
export interface Idle {
  readonly keys?: readonly string[]
  readonly only: Readonly<Record<string, readonly string[]>>
  readonly why: string
}

const SAYS_NOTHING = 'says nothing; expected "action", "mode" or both'

/** Overrides of XIDs that change nothing, and why. */
export const IDLE_XIDS: readonly Idle[] = [
  { only: {}, why: SAYS_NOTHING },
  {
    keys: EVENTS_ALONE.map(String),
    only: { action: ['none'], mode: ['observe'] },
    why: 'changes nothing: it is an event, which asks for nothing and is never acted on; expected another action, or mode "act", by which it stands until a reset, or mode "off"',
  },
]

/** The same of SXids: any of them asks for something where the kernel calls it fatal. */
export const IDLE_SXIDS: readonly Idle[] = [{ only: {}, why: SAYS_NOTHING }]
