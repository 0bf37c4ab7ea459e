/** What is not collected, told when that begins and when it is over. */
import type { Happening } from '#monitor-kit'
import type { Logger } from '#service'
import type { SectionOutcome } from './collect.ts'
import type { Section } from './metrics.ts'

/** Of a section so many are named in one message. */
const NAMED = 3

/** In one sentence. */
function wordsOf(failures: readonly string[]): string {
  const more = failures.length > NAMED ? ` (and ${failures.length - NAMED} more)` : ''
  return `${failures.slice(0, NAMED).join('; ')}${more}`
}

/** What a collection says beside its values. */
export interface Lack {
  readonly events: readonly Happening[]
  /** Why not all was collected; undefined: it was. */
  readonly incomplete: string | undefined
}

/** Looks at one collection after another. @param path the file, for people */
export function createLack(path: string, log: Logger): (outcomes: readonly SectionOutcome[]) => Lack {
  const lacking = new Set<Section>()
  const noted = new Set<string>()

  function note(section: Section, notes: readonly string[]): void {
    for (const why of notes) {
      if (noted.has(section)) continue
      noted.add(section)
      log.warn('a file that the stats go by cannot be read, they are told without it', { path, section, why })
    }
  }

  function change({ section, failures }: SectionOutcome): Happening[] {
    if (failures.length > 0 === lacking.has(section)) return []
    const why = wordsOf(failures)
    if (failures.length > 0) {
      lacking.add(section)
      log.warn('a part of the stats is not collected', { path, section, why })
      return [{ reason: 'StatsNotCollected', severity: 'info', message: `${section} of ${path}: ${why}` }]
    }
    lacking.delete(section)
    log.info('a part of the stats is collected again', { path, section })
    return [{ reason: 'StatsCollected', severity: 'info', message: `${section} of ${path} is collected again` }]
  }

  return (outcomes) => {
    for (const { section, notes = [] } of outcomes) note(section, notes)
    const failed = outcomes.filter(({ failures }) => failures.length > 0)
    return {
      events: outcomes.flatMap(change),
      incomplete:
        failed.length === 0
          ? undefined
          : failed.map(({ section, failures }) => `${section}: ${wordsOf(failures)}`).join('; '),
    }
  }
}
