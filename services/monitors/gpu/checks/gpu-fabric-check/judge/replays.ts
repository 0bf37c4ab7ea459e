/** 25: PCIe sends again what was not understood. Pure. */
import type { Said } from '../../../judging/said.ts'
import type { FabricLook } from './look.ts'

const ID = 'pcie-replays'
const KEY = 'PCI/Replays Since Reset'
const NEEDED = 2
const MINUTE_MS = 60_000

/** How many there were since the driver was loaded or the kernel began, whichever of both counts more; undefined: nobody counts. */
export function replaysOf({ card, reading }: Pick<FabricLook, 'card' | 'reading'>): number | undefined {
  const word = reading.details?.get(card.place)?.values.get(KEY) ?? ''
  const told = /^\d{1,15}$/.test(word) ? Number(word) : undefined
  const corrected = reading.corrected.get(card.place)
  return told === undefined && corrected === undefined ? undefined : Math.max(told ?? 0, corrected ?? 0)
}

/** Two readings make a rate; one that went back is a first one. */
export function judgeReplays(look: FabricLook): readonly (Said | undefined)[] {
  const { config, before, sinceMs } = look
  const now = replaysOf(look)
  if (
    now === undefined ||
    before.replays === undefined ||
    sinceMs === undefined ||
    sinceMs <= 0 ||
    now < before.replays
  )
    return []
  const perMinute = ((now - before.replays) * MINUTE_MS) / sinceMs
  const figure = `${Number(perMinute.toFixed(1))} PCIe replays a minute`
  const evidence = {
    value: perMinute,
    unit: '/min',
    warning: config.replaysPerMinute,
    critical: undefined,
    lowIsBad: false,
    label: 'PCIe replays',
    detail: '',
    metric: '',
  }
  if (perMinute <= config.replaysPerMinute) return [{ id: ID, level: 'ok', message: figure, evidence }]
  const message = `${figure}, limit ${config.replaysPerMinute}; see how it sits in its slot`
  const words = { reason: 'PCIeReplays', message, summary: figure, action: 'replace-hardware' } as const
  return [{ id: ID, level: 'bad', severity: 'warning', needed: NEEDED, evidence, ...words }]
}
