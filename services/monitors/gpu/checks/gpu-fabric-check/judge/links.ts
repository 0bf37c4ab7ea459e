/** 27, 28, 29: the NVLinks of a GPU. Pure. */
import { plural } from '#monitor-kit/evaluate'
import type { Said } from '../../../judging/said.ts'
import { type GpuRow, textIn } from '../../../smi/rows.ts'
import type { FabricLook } from './look.ts'

const NEEDED = 2
const MINUTE_MS = 60_000
const LINKS_NOT_SAID = {
  reason: 'LinksNotSaid',
  message: 'nvidia-smi nvlink -s says nothing of its links that is understood',
}

/** The driver shows no NVLinks of it, which says nothing of them. */
function isInMig(row: GpuRow): boolean {
  return textIn(row, 'mig.mode.current') === 'Enabled'
}

/** Where there are switches each GPU of one kind has as many links as the others; with bridges it may have others, or none. */
function mostOfPeers({ row, card, reading }: FabricLook): number {
  if (reading.switches === 0) return 0
  const peers = reading.rows.filter(({ name, place }) => name === row.name && place !== card.place)
  const counts = peers.map(({ uuid }) => reading.links?.get(uuid ?? '')?.active.length ?? 0)
  return Math.max(0, ...counts)
}

function state(look: FabricLook): Said | undefined {
  const id = 'nvlink-state'
  const { row, reading, before } = look
  if (reading.links === undefined || row.uuid === undefined) return undefined
  const links = reading.links.get(row.uuid)
  const wasUp = before.linksUp ?? 0
  const peers = mostOfPeers(look)
  const needed = Math.max(wasUp, peers)
  if (links === undefined) return needed === 0 ? undefined : { id, level: 'unknown', ...LINKS_NOT_SAID }
  const up = links.active.length
  // Without a link now, before, or at a peer it has none: nothing follows.
  if (up + links.inactive.length + needed === 0) return undefined
  const message = `${up} of ${Math.max(needed, up + links.inactive.length)} NVLinks are up`
  if (up >= needed) return { id, level: 'ok', message: `${up} NVLinks are up` }
  const than = wasUp > up ? `there were ${wasUp} in this boot` : `its peers have ${peers}`
  const down = links.inactive.length === 0 ? '' : ` (down: ${links.inactive.join(', ')})`
  const words = { reason: 'NVLinksDown', message: `${message}${down}; ${than}`, summary: message }
  return { id, level: 'bad', severity: 'critical', action: 'reset-device', needed: NEEDED, ...words }
}

function errors({ row, reading, before, config, sinceMs }: FabricLook): Said | undefined {
  const id = 'nvlink-errors'
  const now = reading.linkErrors?.get(row.uuid ?? '')
  if (now === undefined || sinceMs === undefined || sinceMs <= 0) return undefined
  const all = now.crc + now.replay
  if (before.linkErrors === undefined || before.recoveries === undefined) return undefined
  if (all < before.linkErrors || now.recovery < before.recoveries) return undefined
  const perMinute = ((all - before.linkErrors) * MINUTE_MS) / sinceMs
  const recoveries = now.recovery - before.recoveries
  const figure = `${Number(perMinute.toFixed(1))} NVLink errors a minute`
  if (recoveries === 0 && perMinute <= config.linkErrorsPerMinute) return { id, level: 'ok', message: figure }
  const again = recoveries === 0 ? '' : `, and links were trained again ${recoveries} times`
  const words = {
    reason: 'NVLinkErrors',
    message: `${figure}, limit ${config.linkErrorsPerMinute}${again}`,
    summary: figure,
  }
  return { id, level: 'bad', severity: 'error', action: 'reset-device', needed: NEEDED, ...words }
}

function reachable({ row, card, reading, before }: FabricLook): Said | undefined {
  const id = 'nvlink-p2p'
  if (reading.reach === undefined || row.index === undefined) return undefined
  const peerOf = (index: number) => reading.rows.find((one) => one.index === index)
  const own = reading.reach.filter(({ from, to }) => {
    const peer = peerOf(to)
    return from === row.index && (peer === undefined || !isInMig(peer))
  })
  const lost = own.filter(({ to, word }) => {
    const place = peerOf(to)?.place
    const isExpected = reading.switches > 0 || (place !== undefined && before.reached?.includes(place) === true)
    return word !== 'OK' && isExpected
  })
  if (own.length === 0) return undefined
  if (lost.length === 0) {
    const reached = own.filter(({ word }) => word === 'OK').length
    return reached === 0 ? undefined : { id, level: 'ok', message: `it reaches ${plural(reached, 'peer')}` }
  }
  const summary = `does not reach ${lost.map(({ to }) => `GPU ${to}`).join(', ')}`
  const message = `GPU ${row.index} (${card.place}) ${summary} by NVLink: ${lost.map(({ word }) => word).join(', ')}`
  return {
    id,
    level: 'bad',
    severity: 'error',
    action: 'reset-device',
    needed: NEEDED,
    reason: 'PeersNotReached',
    message,
    summary,
  }
}

/** All three. */
export function judgeLinks(look: FabricLook): readonly (Said | undefined)[] {
  if (isInMig(look.row)) return []
  return [state(look), errors(look), reachable(look)]
}
