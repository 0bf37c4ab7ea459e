/** 23, 24: the PCIe link of a GPU. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'

const NEEDED = 2
const WIDTH = 'pcie.link.width.current'
const WIDTH_MAX = 'pcie.link.width.max'
const GENERATION = 'pcie.link.gen.gpucurrent'

/** An idle link goes down to save power. Where no use is told (MIG) the state of the GPU alone says whether it works. */
function isAtWork(row: GpuRow): boolean {
  const use = numberIn(row, 'utilization.gpu')
  return /^P[0-2]$/.test(textIn(row, 'pstate') ?? '') && (use === undefined || use > 0)
}

/** Lanes that are missed, in words: by a slot that has more, or by what the card had before. */
function fewerLanes(now: number, best: number, isSure: boolean): Said {
  const figure = `${now} of ${best} PCIe lanes`
  const bad = { id: 'pcie-width', level: 'bad', needed: NEEDED, reason: 'FewerLanes', summary: figure } as const
  if (isSure)
    return { ...bad, severity: 'error', action: 'replace-hardware', message: `${figure}; see how it sits in its slot` }
  const message = `${figure}; how many its slot has is not shown here`
  return { ...bad, severity: 'warning', action: 'contact-support', message }
}

/** What a card can use depends on its slot: many have 8 lanes for one of 16. */
function width({ row, slotLanes }: GpuLook, before: GpuFacts): Judged {
  const id = 'pcie-width'
  const [now, most] = [numberIn(row, WIDTH), numberIn(row, WIDTH_MAX)]
  if (now === undefined || most === undefined)
    return { says: [failedIn(id, WIDTH, valueIn(row, WIDTH)) ?? failedIn(id, WIDTH_MAX, valueIn(row, WIDTH_MAX))] }
  const facts = { lanes: Math.max(before.lanes ?? 0, now) }
  if (now >= most) return { says: [{ id, level: 'ok', message: `${now} of ${most} PCIe lanes` }], facts }
  if (slotLanes !== undefined && now >= slotLanes)
    return {
      says: [{ id, level: 'ok', message: `${now} of ${most} PCIe lanes, which is all that its slot has` }],
      facts,
    }
  // Nothing follows of one that does not work: it may have as few as it likes.
  if (!isAtWork(row)) return { says: [], facts }
  const isSure = slotLanes !== undefined || facts.lanes > now
  return { says: [fewerLanes(now, Math.min(most, slotLanes ?? most), isSure)], facts }
}

function generation(row: GpuRow): Said | undefined {
  const id = 'pcie-generation'
  const now = numberIn(row, GENERATION)
  const card = numberIn(row, 'pcie.link.gen.gpumax')
  // What the host can: of its port, or of both together.
  const host = [numberIn(row, 'pcie.link.gen.hostmax'), numberIn(row, 'pcie.link.gen.max')].filter(
    (one) => one !== undefined,
  )
  const most = card === undefined ? host : [card, ...host]
  if (now === undefined || most.length === 0) return failedIn(id, GENERATION, valueIn(row, GENERATION))
  // Nothing follows of one that does not work: it may be as slow as it likes.
  if (!isAtWork(row)) return undefined
  const best = Math.min(...most)
  const message = `PCIe generation ${now} of ${best}`
  if (now >= best) return { id, level: 'ok', message }
  // A card may be in a host that can do less.
  if (host.length === 0) return undefined
  const words = {
    reason: 'LowerGeneration',
    message: `${message} under load; see how it sits in its slot`,
    summary: message,
  }
  return { id, level: 'bad', severity: 'error', action: 'replace-hardware', needed: NEEDED, ...words }
}

/** Both. */
export function judgePcie(look: GpuLook, before: GpuFacts): Judged {
  const { says, facts } = width(look, before)
  return { says: [...says, generation(look.row)], ...(facts && { facts }) }
}
