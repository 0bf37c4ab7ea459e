/** 30, 31, 32, 37: the fabric of NVSwitches, and links between chips. Of the node. Pure. */
import { type Card, subjectOf } from '../../../cards/card.ts'
import type { Said } from '../../../judging/said.ts'
import { type GpuRow, textIn } from '../../../smi/rows.ts'
import type { Config } from '../config.ts'
import type { FabricMemory } from '../memory.ts'
import type { FabricReading, UnitReading } from './look.ts'

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

function state(look: NodeLook): Said | undefined {
  const id = 'fabric-state'
  const { reading, config, nowMs } = look
  const asked = reading.rows.filter((row) => textIn(row, 'fabric.state') !== undefined)
  if (asked.length === 0) return undefined
  const isJoined = (row: GpuRow) =>
    textIn(row, 'fabric.state') === 'Completed' && (textIn(row, 'fabric.status') ?? 'Success') === 'Success'
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

function unit(id: string, name: string, reading: UnitReading, isNeeded: boolean): Said | undefined {
  if (!reading.ok || reading.value === undefined) return undefined
  if (reading.value === 'running') return { id, level: 'ok', message: `${name} runs` }
  if (reading.value === 'stopped' && !isNeeded) return undefined
  const message = `the unit ${name} ${reading.value === 'failed' ? 'has failed' : 'does not run'}; systemctl status ${name} says why`
  const words = {
    reason: 'ServiceNotRunning',
    message,
    summary: `${name} does not run`,
    action: 'restart-service',
  } as const
  return { id, level: 'bad', severity: id === 'imex' ? 'error' : 'critical', needed: NEEDED, ...words }
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
  const { reading } = look
  const imex = [unit('imex', 'nvidia-imex', reading.imex, false), c2c(look)].filter((one) => one !== undefined)
  const says = [
    state(look),
    health(look),
    unit('fabric-manager', 'nvidia-fabricmanager', reading.fabricManager, reading.switches > 0),
    imex.find(({ level }) => level === 'bad') ?? imex[0],
  ]
  return says.filter((one) => one !== undefined)
}
