/** Counters of the network interfaces. */
import { type Host, HostReadError } from '#host'
import { observe, understood } from '#monitor-kit/source'
import { type MetricId, statOf, type Value } from '../metrics.ts'
import { COLUMNS, parseNetDev } from '../parse/net-dev.ts'
import { type Collector, collected } from './types.ts'

const IDS = COLUMNS.map((column) => `net/${column}` satisfies MetricId)

/** Whether an interface is left out. */
type IsExcluded = (name: string) => boolean

/** @param isExcluded whether an interface is left out */
export function netValues(
  interfaces: ReadonlyMap<string, readonly number[]>,
  isExcluded: IsExcluded,
): readonly Value[] {
  return [...interfaces]
    .filter(([name]) => !isExcluded(name))
    .flatMap(([name, counters]) => IDS.map((id, index) => statOf(id, counters[index] ?? 0, name)))
}

/**
 * In a container `net` is our own network: PID 1's is the host's. Reading that takes rights over the process; without them ours is
 * the next best.
 */
async function readNetDev(host: Host, procPath: string): Promise<string> {
  if (host.root === '') return host.files.readText(`${procPath}/net/dev`)
  try {
    return await host.files.readText(`${procPath}/1/net/dev`)
  } catch (error) {
    if (!(error instanceof HostReadError)) throw error
    return host.files.readText(`${procPath}/net/dev`)
  }
}

/** Only a file that leaves interfaces out takes the memory of the expressions' compiler. @throws PatternError */
async function excludes(expression: string): Promise<IsExcluded> {
  if (expression === '') return () => false
  const { compilePattern } = await import('#pattern')
  const pattern = compilePattern(expression)
  return (name) => pattern.test(name)
}

/** Collects the section "net". */
export function createNetCollector(): Collector {
  let excluded: Promise<IsExcluded> | undefined
  return {
    section: 'net',
    async collect({ host, plan }) {
      excluded ??= excludes(plan.excludeInterfaceRegexp)
      const isExcluded = await excluded
      const path = `${plan.procPath}/net/dev`
      const reading = await observe(async () => {
        const text = await readNetDev(host, plan.procPath)
        return understood(path, text, parseNetDev(text), 'Inter-|   Receive')
      })
      return collected(reading, (interfaces) => netValues(interfaces, isExcluded))
    },
  }
}
