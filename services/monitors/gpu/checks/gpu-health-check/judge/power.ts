/** 22: power that cannot be read any more, or is limited by something else than a person. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { numberIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'

const ID = 'power'
const DRAW = 'power.draw.instant'
const NEEDED = 2
/** Watts that are no difference. */
const SAME_WATTS = 1

function unreadable(said: string): Said {
  const message = `its power could be read, and cannot any more (${said}); see its power cables`
  const words = { reason: 'PowerNotReadable', message, summary: 'its power cannot be read any more' }
  return { id: ID, level: 'bad', severity: 'error', action: 'replace-hardware', needed: NEEDED, ...words }
}

function limited({ row }: GpuLook, watts: number): Said {
  const enforced = numberIn(row, 'enforced.power.limit')
  const usual = numberIn(row, 'power.default_limit')
  // What was asked for nobody can know of a card that has no such setting: a laptop takes less from its battery.
  const wanted = numberIn(row, 'power.limit')
  if (enforced === undefined || usual === undefined || wanted === undefined || enforced >= usual - SAME_WATTS)
    return { id: ID, level: 'ok', message: `${watts} W` }
  // A person may set it lower, and then it is asked for as it is in force.
  if (enforced >= wanted - SAME_WATTS)
    return { id: ID, level: 'ok', message: `${watts} W, limited to ${enforced} W as it was asked for` }
  const message = `limited to ${enforced} W, and its default is ${usual} W; see its power cables and the supply`
  const words = { reason: 'PowerLimited', message, summary: `limited to ${enforced} W of ${usual} W` }
  return { id: ID, level: 'bad', severity: 'warning', action: 'replace-hardware', needed: NEEDED, ...words }
}

/** 22. */
export function judgePower(look: GpuLook, before: GpuFacts): Judged {
  const value = valueIn(look.row, DRAW)
  if (value.kind === 'number') return { says: [limited(look, value.value)], facts: { hadPower: true } }
  // Of what is not supported nothing follows: another driver, or a card that sleeps, has no such value.
  if (value.kind === 'failed' && before.hadPower === true) return { says: [unreadable(value.text)] }
  return { says: [failedIn(ID, DRAW, value)] }
}
