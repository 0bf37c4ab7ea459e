/** Pressure stall information (PSI, since Linux 4.20) of the whole node. */

import type { Host, HostReadError } from '#host'
import { type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { decimal, observe, understood } from '#monitor-kit/source'

export const RESOURCES = ['cpu', 'memory', 'io'] as const
export type Resource = (typeof RESOURCES)[number]

/** Percent of the last minute in which some task, and in which all tasks that were not idle, waited. */
export interface Pressure {
  readonly some: number
  readonly full: number
}

export type PressureReading = Readonly<Record<Resource, Reading<Pressure>>>

function average(text: string, kind: 'some' | 'full'): number | undefined {
  const value = decimal(new RegExp(`^${kind} avg10=[\\d.]+ avg60=([\\d.]+) `, 'm').exec(text)?.[1])
  return value !== undefined && value <= 100 ? value : undefined
}

/** /proc/pressure/<resource>. Before Linux 5.13 the file of the cpu has no line "full". */
export function parsePressure(text: string): Pressure | undefined {
  const some = average(text, 'some')
  return some === undefined ? undefined : { some, full: average(text, 'full') ?? 0 }
}

/** Kernels without PSI have no such file; those where it is switched off refuse to read it. */
const NOT_SUPPORTED: readonly string[] = ['ENOENT', 'ENOTDIR', 'EOPNOTSUPP', 'ENOTSUP']

function notSupported(path: string, error: HostReadError): Unobserved | undefined {
  if (!NOT_SUPPORTED.includes(error.code)) return undefined
  return unobserved(
    'PressureNotSupported',
    `this kernel keeps no pressure figures (${path}: ${error.code}); boot it with psi=1, build it with CONFIG_PSI, or take system-pressure out of the configuration`,
  )
}

function readPressure(host: Host, resource: Resource): Promise<Reading<Pressure>> {
  const path = `/proc/pressure/${resource}`
  return observe(
    async () => {
      const text = await host.files.readText(path)
      return understood(path, text, parsePressure(text), 'some avg10=0.11 avg60=1.74 avg300=1.53 total=63785275')
    },
    (error) => notSupported(path, error),
  )
}

export async function readPressures(host: Host): Promise<PressureReading> {
  const [cpu, memory, io] = await Promise.all(RESOURCES.map((resource) => readPressure(host, resource)))
  return { cpu: cpu!, memory: memory!, io: io! }
}
