/** 30, 31, 32, 37: the fabric of NVSwitches, and links between chips. Of the node. Pure. */
import { type Card, subjectOf } from '../../../cards/card.ts'
import type { Bad, Said } from '../../../judging/said.ts'
import { standingIn, standingKey } from '../../../judging/settling.ts'
import { type GpuRow, textIn } from '../../../smi/rows.ts'
import type { Config } from '../config.ts'
import type { FabricMemory } from '../memory.ts'
import type { FabricReading, UnitState } from './look.ts'

const NEEDED = 2
const NAMED_MAX = 4
const MINUTE_MS = 60_000

/** What these judges are given. */
export interface NodeLook {
  readonly reading: FabricReading
  readonly config: Config
  readonly memory: FabricMemory
  /** Since the boot. */
  readonly nowMs: number
  readonly cardOf: (place: string) => Card
}

/** "GPU 3, H200: In Progress; …" */
function named(rows: readonly GpuRow[], look: NodeLook, wordOf: (row: GpuRow) => string): string {
  const names = rows.slice(0, NAMED_MAX).map((row) => `${subjectOf(look.cardOf(row.place))}: ${wordOf(row)}`)
  return `${names.join('; ')}${rows.length > NAMED_MAX ? `; and ${rows.length - NAMED_MAX} more` : ''}`
}

function isJoined(row: GpuRow): boolean {
  return textIn(row, 'fabric.state') === 'Completed' && (textIn(row, 'fabric.status') ?? 'Success') === 'Success'
}

function state(look: NodeLook): Said | undefined {
  const id = 'fabric-state'
  const { reading, config, nowMs } = look
  const asked = reading.rows.filter((row) => textIn(row, 'fabric.state') !== undefined)
  if (asked.length === 0) return undefined
  const away = asked.filter((row) => !isJoined(row))
  if (away.length === 0) return { id, level: 'ok', message: `${asked.length} GPUs have joined the fabric` }
  const word = (row: GpuRow) => [textIn(row, 'fabric.state'), textIn(row, 'fabric.status')].filter(Boolean).join(', ')
  const message = `not in the fabric: ${named(away, look, word)}`
  // It takes its time after a boot.
  if (nowMs < config.fabricGraceMinutes * MINUTE_MS)
    return { id, level: 'ok', message: `joining the fabric: ${named(away, look, word)}` }
  const summary = `${away.length} of ${asked.length} GPUs are not in the fabric`
  return {
    id,
    level: 'bad',
    severity: 'critical',
    action: 'restart-service',
    needed: NEEDED,
    reason: 'FabricNotJoined',
    message,
    summary,
  }
}

const FLAGS = [
  'route_recovery_in_progress',
  'route_unhealthy',
  'access_timeout_recovery',
  'incorrect_configuration',
].map((name) => ({ key: `fabric.health.${name}`, word: name.replaceAll('_', ' ') }))

/** What is ill of one GPU's way to the fabric; '' where nothing is, or nothing is said. */
function illnessOf(row: GpuRow): string {
  const summary = textIn(row, 'fabric.health.summary')
  const bandwidth = textIn(row, 'fabric.health.bandwidth')
  return [
    ...(summary === undefined || /^healthy$/i.test(summary) ? [] : [summary]),
    ...(bandwidth === undefined || /^full$/i.test(bandwidth) ? [] : [`bandwidth ${bandwidth}`]),
    ...FLAGS.filter(({ key }) => /^true$/i.test(textIn(row, key) ?? '')).map(({ word }) => word),
  ].join(', ')
}

const HEALTH_KEYS = ['fabric.health.summary', 'fabric.health.bandwidth', ...FLAGS.map(({ key }) => key)]

function health(look: NodeLook): Said | undefined {
  const id = 'fabric-health'
  const asked = look.reading.rows.filter((row) => HEALTH_KEYS.some((key) => textIn(row, key) !== undefined))
  if (asked.length === 0) return undefined
  const ill = asked.filter((row) => illnessOf(row) !== '')
  if (ill.length === 0) return { id, level: 'ok', message: 'the fabric says that it is well' }
  const message = `the fabric is degraded: ${named(ill, look, illnessOf)}`
  const summary = `fabric degraded for ${ill.length} of ${asked.length} GPUs`
  return {
    id,
    level: 'bad',
    severity: 'error',
    action: 'restart-service',
    needed: NEEDED,
    reason: 'FabricDegraded',
    message,
    summary,
  }
}

const MANAGER = 'nvidia-fabricmanager'
const IMEX = 'nvidia-imex'

function notRunning(id: string, name: string, { state: now }: UnitState, severity: Bad['severity']): Said {
  const message = `the unit ${name} ${now === 'failed' ? 'has failed' : 'does not run'}; systemctl status ${name} says why`
  const words = { reason: 'ServiceNotRunning', message, summary: `${name} does not run` } as const
  return { id, level: 'bad', severity, action: 'restart-service', needed: NEEDED, ...words }
}

/** What the fabric says itself: every GPU is in it. */
function isWhole(rows: readonly GpuRow[]): boolean {
  return rows.length > 0 && rows.every((row) => textIn(row, 'fabric.state') !== undefined && isJoined(row))
}

/** A service that nobody needs is nobody's fault: what was said of it is over. */
function unneeded(id: string, name: string, { memory }: NodeLook): Said | undefined {
  const { open } = standingIn(memory.standings, { type: 'GPUFabricFailed', entity: '' })
  return open.includes(id) ? { id, level: 'ok', message: `${name} is not in use` } : undefined
}

/** The manager may run elsewhere, in a container or a virtual machine: then the unit of this host never ran, and all are joined. */
function manager(look: NodeLook): Said | undefined {
  const id = 'fabric-manager'
  const { reading, memory } = look
  const { fabricManager: unit, rows, switches } = reading
  if (!unit.ok || unit.value === undefined) return undefined
  if (unit.value.state === 'running') return { id, level: 'ok', message: `${MANAGER} runs` }
  const hasFabric = switches > 0 || rows.some((row) => textIn(row, 'fabric.state') !== undefined)
  if (unit.value.state === 'failed' ? !hasFabric : switches === 0) return unneeded(id, MANAGER, look)
  const wasHere = (unit.value.hasRun || memory.hadManager) && !memory.isManagerExcused
  if (wasHere || !isWhole(rows)) return notRunning(id, MANAGER, unit.value, 'critical')
  const message = `${MANAGER} does not run here, and all GPUs have joined the fabric: another one runs`
  // A person's word takes a problem back; that all is well without it the look after that says.
  const isNews = memory.isManagerExcused && !memory.standings.has(standingKey({ type: 'GPUFabricFailed', entity: '' }))
  return isNews
    ? { id, level: 'waiting', reason: 'ManagerExcused', message: `of ${rows.length} GPUs: ${message}` }
    : { id, level: 'ok', message }
}

/** Not every machine has use for it: only that it failed is a fault. */
function imex(look: NodeLook): Said | undefined {
  const id = 'imex'
  const { imex: unit } = look.reading
  if (!unit.ok || unit.value === undefined) return undefined
  if (unit.value.state === 'running') return { id, level: 'ok', message: `${IMEX} runs` }
  return unit.value.state === 'stopped' ? unneeded(id, IMEX, look) : notRunning(id, IMEX, unit.value, 'error')
}

/** A chip's link to its processor that was on in this boot. */
function c2c(look: NodeLook): Said | undefined {
  const id = 'imex'
  const { reading, memory } = look
  const had = reading.rows.filter(({ uuid, place }) => memory.gpus.get(uuid ?? place)?.hadC2c === true)
  const off = had.filter((row) => textIn(row, 'c2c.mode') === 'Disabled')
  if (had.length === 0) return undefined
  if (off.length === 0) return { id, level: 'ok', message: 'C2C is on' }
  const message = `C2C was on in this boot and is off: ${named(off, look, () => 'Disabled')}`
  return {
    id,
    level: 'bad',
    severity: 'error',
    action: 'reboot-node',
    needed: NEEDED,
    reason: 'C2COff',
    message,
    summary: 'C2C is off',
  }
}

/** All four. Of one that is said twice the bad word counts. */
export function judgeFabric(look: NodeLook): readonly Said[] {
  const between = [imex(look), c2c(look)].filter((one) => one !== undefined)
  const says = [state(look), health(look), manager(look), between.find(({ level }) => level === 'bad') ?? between[0]]
  return says.filter((one) => one !== undefined)
}
