/** What is measured of each GPU: 20 series of one at most. Pure. */
import type { MetricSample } from '#model'
import type { MetricSpec } from '#monitor-kit'
import { type GpuRow, numberIn } from '../../smi/rows.ts'
import type { HealthReading } from './reading.ts'

const MIB = 1_048_576
const MHZ = 1_000_000
const PROBE = 'gpu_probe_seconds'

interface Measured extends MetricSpec {
  readonly field: string
  readonly scale: number
}

/** name | field | scale | kind | unit | help */
const TABLE = `
gpu_temperature_celsius|temperature.gpu|1|gauge|celsius|Temperature of a GPU
gpu_memory_temperature_celsius|temperature.memory|1|gauge|celsius|Temperature of the memory of a GPU
gpu_temperature_margin_celsius|temperature.gpu.tlimit|1|gauge|celsius|Degrees that are left to where a GPU slows itself down
gpu_used_ratio|utilization.gpu|0.01|gauge||Part of the time in which a GPU worked
gpu_memory_used_bytes|memory.used|${MIB}|gauge|bytes|Memory of a GPU that is in use
gpu_memory_total_bytes|memory.total|${MIB}|gauge|bytes|Memory of a GPU
gpu_power_watts|power.draw.instant|1|gauge|watts|Power that a GPU draws
gpu_power_limit_watts|enforced.power.limit|1|gauge|watts|Power that a GPU may draw
gpu_clock_hertz|clocks.current.sm|${MHZ}|gauge|hertz|Clock of the multiprocessors of a GPU
gpu_memory_errors_corrected|ecc.errors.corrected.volatile.total|1|gauge||Memory errors since the driver was loaded that were corrected
gpu_memory_errors_uncorrected|ecc.errors.uncorrected.volatile.total|1|gauge||Memory errors since the driver was loaded that were not corrected
gpu_rows_remapped|remapped_rows.uncorrectable|1|gauge||Rows of memory that were remapped because of uncorrectable errors
gpu_pcie_generation|pcie.link.gen.gpucurrent|1|gauge||Generation of PCIe that the link of a GPU has now
gpu_pcie_lanes|pcie.link.width.current|1|gauge||Lanes of PCIe that the link of a GPU has now
gpu_slowed_by_heat_seconds_total|clocks_event_reasons_counters.hw_thermal_slowdown|0.000001|counter|seconds|Time in which hardware slowed a GPU down because of heat
gpu_slowed_by_power_seconds_total|clocks_event_reasons_counters.hw_power_brake_slowdown|0.000001|counter|seconds|Time in which the power brake slowed a GPU down
`

function measuredOf(line: string): Measured {
  const [name = '', field = '', scale = '', kind = '', unit = '', help = ''] = line.split('|')
  return { name, field, scale: Number(scale), kind: kind as MetricSpec['kind'], unit, help }
}

const MEASURED = TABLE.trim().split('\n').map(measuredOf)

const TITLES: Readonly<Record<string, string>> = {
  gpu_temperature_celsius: '{gpu} temperature',
  gpu_used_ratio: '{gpu} use',
}

/** As they are declared. */
export const HEALTH_METRICS: readonly MetricSpec[] = [
  ...MEASURED.map(({ name, help, kind, unit }) => ({ name, help, kind, unit, title: TITLES[name] ?? '' })),
  { name: PROBE, help: 'How long nvidia-smi took to answer', kind: 'gauge', unit: 'seconds' },
]

function samplesOf(row: GpuRow): readonly MetricSample[] {
  const labels = { gpu: row.uuid ?? row.place }
  return MEASURED.flatMap(({ name, field, scale }) => {
    const value = numberIn(row, field)
    return value === undefined ? [] : [{ name, labels, value: Number((value * scale).toPrecision(12)) }]
  })
}

/** Of one look. */
export function metricsOf({ query }: HealthReading): readonly MetricSample[] {
  if (query.kind !== 'rows') return []
  return [...query.answer.rows.flatMap(samplesOf), { name: PROBE, labels: {}, value: query.tookMs / 1000 }]
}
