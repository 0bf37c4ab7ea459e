/** One collection: every section of the file, each for itself. */

import { createCpuCollector } from './collectors/cpu.ts'
import { createDiskCollector } from './collectors/disk.ts'
import { createHostCollector } from './collectors/host.ts'
import { createMemoryCollector } from './collectors/memory.ts'
import { createNetCollector } from './collectors/net.ts'
import { createOsFeatureCollector } from './collectors/os-feature.ts'
import type { Around } from './collectors/types.ts'
import { type Collected, type Collector, together } from './collectors/types.ts'
import { metricOf, type Section, type Value } from './metrics.ts'
import type { StatsPlan } from './plan.ts'

/** What became of a section. */
export interface SectionOutcome extends Collected {
  readonly section: Section
}

/** Collects all that the file asks for. Never rejects: what one section cannot have is no matter of the others. */
export type Collect = (around: Around) => Promise<readonly SectionOutcome[]>

/** Those of which something is told, in the order of NPD. */
function collectorsOf({ names }: StatsPlan): readonly Collector[] {
  const wanted = new Set([...names.keys()].map((id) => metricOf(id).section))
  const all = [
    createCpuCollector(),
    createDiskCollector(),
    createHostCollector(),
    createMemoryCollector(),
    createOsFeatureCollector(),
    createNetCollector(),
  ]
  return all.filter(({ section }) => wanted.has(section))
}

/** Collects nothing yet. */
export function createCollect(plan: StatsPlan): Collect {
  const collectors = collectorsOf(plan)

  async function outcomeOf(collector: Collector, around: Around): Promise<SectionOutcome> {
    const { section } = collector
    try {
      return { section, ...(await collector.collect(around)) }
    } catch (err) {
      // A fault of ours: it costs its section and no other.
      return { section, values: [], failures: [err instanceof Error ? err.message : String(err)] }
    }
  }

  return (around) => Promise.all(collectors.map((collector) => outcomeOf(collector, around)))
}

/** What all sections said. */
export function valuesOf(outcomes: readonly SectionOutcome[]): readonly Value[] {
  return together(outcomes).values
}
