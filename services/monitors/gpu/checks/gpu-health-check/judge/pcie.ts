/** 23, 24: the PCIe link of a GPU. Pure. */
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuLook, Judged } from './look.ts'

const NEEDED = 2
const WIDTH = 'pcie.link.width.current'
const WIDTH_MAX = 'pcie.link.width.max'
const GENERATION = 'pcie.link.gen.gpucurrent'

function width(row: GpuRow): Said | undefined {
  const id = 'pcie-width'
  const [now, most] = [numberIn(row, WIDTH), numberIn(row, WIDTH_MAX)]
  if (now === undefined || most === undefined)
    return failedIn(id, WIDTH, valueIn(row, WIDTH)) ?? failedIn(id, WIDTH_MAX, valueIn(row, WIDTH_MAX))
  const message = `${now} of ${most} PCIe lanes`
  if (now >= most) return { id, level: 'ok', message }
  const words = { reason: 'FewerLanes', message: `${message}; see how it sits in its slot`, summary: message }
  return { id, level: 'bad', severity: 'error', action: 'replace-hardware', needed: NEEDED, ...words }
}

/** An idle link goes down to save power. Where no use is told (MIG) the state of the GPU alone says whether it works. */
function isAtWork(row: GpuRow): boolean {
  const use = numberIn(row, 'utilization.gpu')
  return /^P[0-2]$/.test(textIn(row, 'pstate') ?? '') && (use === undefined || use > 0)
}

function generation(row: GpuRow): Said | undefined {
  const id = 'pcie-generation'
  const now = numberIn(row, GENERATION)
  const most = [numberIn(row, 'pcie.link.gen.gpumax'), numberIn(row, 'pcie.link.gen.hostmax')].filter(
    (one) => one !== undefined,
  )
  if (now === undefined || most.length === 0) return failedIn(id, GENERATION, valueIn(row, GENERATION))
  // Nothing follows of one that does not work: it may be as slow as it likes.
  if (!isAtWork(row)) return undefined
  const best = Math.min(...most)
  const message = `PCIe generation ${now} of ${best}`
  if (now >= best) return { id, level: 'ok', message }
  const words = {
    reason: 'LowerGeneration',
    message: `${message} under load; see how it sits in its slot`,
    summary: message,
  }
  return { id, level: 'bad', severity: 'error', action: 'replace-hardware', needed: NEEDED, ...words }
}

/** Both. */
export function judgePcie({ row }: GpuLook): Judged {
  return { says: [width(row), generation(row)] }
}
