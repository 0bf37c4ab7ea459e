/** What is asked of each GPU, and under which names drivers know it. Pure. */
import type { FieldKind } from './values.ts'

/** A field by the name that this monitor has for it. */
interface Field {
  readonly kind: FieldKind
  /** As `--query-gpu` knows it, the newest name first; '' is the key itself. */
  readonly names: readonly string[]
}

/** key | kind | older or other names */
const TABLE = `
index|number
uuid|text|gpu_uuid
pci.bus_id|text|gpu_bus_id
driver_version|text
count|number
vbios_version|text
pstate|text
display_active|on-off
persistence_mode|on-off
compute_mode|text
utilization.gpu|number
memory.total|number
memory.used|number
pcie.link.gen.gpucurrent|number|pcie.link.gen.current
pcie.link.gen.max|number
pcie.link.gen.gpumax|number
pcie.link.gen.hostmax|number
pcie.link.width.current|number
pcie.link.width.max|number
inforom.checksum_validation|text
gpu_recovery_action|text
clocks_event_reasons.hw_slowdown|active|clocks_throttle_reasons.hw_slowdown
clocks_event_reasons.hw_thermal_slowdown|active|clocks_throttle_reasons.hw_thermal_slowdown
clocks_event_reasons.hw_power_brake_slowdown|active|clocks_throttle_reasons.hw_power_brake_slowdown
clocks_event_reasons.sw_thermal_slowdown|active|clocks_throttle_reasons.sw_thermal_slowdown
clocks_event_reasons.sw_power_cap|active|clocks_throttle_reasons.sw_power_cap
clocks_event_reasons_counters.hw_thermal_slowdown|number
clocks_event_reasons_counters.hw_power_brake_slowdown|number
clocks_event_reasons_counters.sw_thermal_slowdown|number
ecc.mode.current|on-off
ecc.mode.pending|on-off
ecc.errors.corrected.volatile.total|number
ecc.errors.uncorrected.volatile.total|number
ecc.errors.uncorrected.aggregate.sram.thresholdExceeded|yes-no
retired_pages.double_bit.count|number|retired_pages.dbe
retired_pages.pending|yes-no
remapped_rows.uncorrectable|number|remapped_rows.dbe
remapped_rows.pending|yes-no
remapped_rows.failure|yes-no
remapped_rows.histogram.none|number
temperature.gpu|number
temperature.gpu.tlimit|number
temperature.memory|number
power.draw.instant|number|gpu.power.draw.instant,power.draw
power.limit|number|gpu.power.requested_limit
enforced.power.limit|number|gpu.power.current_limit
power.default_limit|number|gpu.power.default_limit
clocks.current.sm|number|clocks.sm
clocks.max.sm|number
mig.mode.current|on-off
mig.mode.pending|on-off
gsp.mode.current|on-off
gsp.mode.default|on-off
c2c.mode|on-off
fabric.state|text
fabric.status|text
fabric.health.summary|text
fabric.health.bandwidth|text
fabric.health.route_recovery_in_progress|text
fabric.health.route_unhealthy|text
fabric.health.access_timeout_recovery|text
fabric.health.incorrect_configuration|text
name|text|gpu_name
`

function fieldOf(line: string): readonly [string, Field] {
  const [key = '', kind = '', others = ''] = line.split('|')
  return [key, { kind: kind as FieldKind, names: [key, ...others.split(',').filter((name) => name !== '')] }]
}

/** By key, in the order in which they are asked: the name, which may have commas in it, stands last. */
export const FIELDS: ReadonlyMap<string, Field> = new Map(TABLE.trim().split('\n').map(fieldOf))

/** What every driver since 450 knows; asked where `--help-query-gpu` says nothing that is understood. */
const PLAIN: readonly string[] = [
  'index',
  'uuid',
  'pci.bus_id',
  'driver_version',
  'count',
  'pstate',
  'utilization.gpu',
  'memory.total',
  'memory.used',
  'temperature.gpu',
  'name',
]

/** A field as one driver is asked for it. */
export interface AskedField {
  readonly key: string
  /** The name that this driver takes. */
  readonly name: string
}

/**
 * Names in what `--help-query-gpu` prints: each stands in quotes at the beginning of a line, with others for the same behind it
 * (`"name" or "gpu_name"`).
 */
export function namesInHelp(text: string): ReadonlySet<string> {
  const lines = text.split('\n').filter((line) => line.startsWith('"'))
  return new Set(lines.flatMap((line) => Array.from(line.matchAll(/"([\w.]{1,100})"/g), ([, name]) => name as string)))
}

/**
 * What to ask a driver that knows these names. Unknown ones are left out, since one of them makes the whole query fail.
 * @param refused names that it said it does not know, whatever its help says
 */
export function askedFields(known: ReadonlySet<string>, refused: ReadonlySet<string>): readonly AskedField[] {
  // Of a help without these nothing can be told.
  const isHelp = known.has('uuid') || known.has('gpu_uuid')
  const takes = (key: string, name: string) => !refused.has(name) && (isHelp ? known.has(name) : PLAIN.includes(key))
  return [...FIELDS].flatMap(([key, { names }]) => {
    const name = names.find((one) => takes(key, one))
    return name === undefined ? [] : [{ key, name }]
  })
}

/** Whether a column is called as a field, whichever of its names was asked: a driver may print the newest. */
export function isNameOf(key: string, column: string): boolean {
  return FIELDS.get(key)?.names.includes(column) === true
}
