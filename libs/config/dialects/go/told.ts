/** What is said of keys of the dialect: notes, faults, parts that are missing. */
import type { ConfigProblem } from '../../errors.ts'
import { shownKey } from '../../layers/hide.ts'
import type { Entry, Origin } from '../../tree/tree.ts'
import type { ConfigNote, NodeDoctorConfig } from '../../types.ts'
import type { Status } from './types.ts'

/** Where a step is: the path for faults, the key that stays the same when a list changes. */
export interface Site {
  /** "monitors[0].config" */
  readonly path: string
  /** "monitors.cpu.config" */
  readonly key: string
}

export const ROOT: Site = { path: '', key: '' }

/** The site of keys, items of lists or maps below another; as a text that a reader finds them by. */
export function siteBelow({ path, key }: Site, below: string): Site {
  if (below === '') return { path, key }
  const shown = below
    .split('.')
    .map((step) => shownKey(step))
    .join('.')
  return { path: path === '' ? shown : `${path}.${shown}`, key: key === '' ? shown : `${key}.${shown}` }
}

type Missing = NodeDoctorConfig['missing'][number]

/** Collects what is said. */
export class Told {
  readonly notes: ConfigNote[] = []
  readonly problems: ConfigProblem[] = []
  readonly missing: Missing[] = []
  readonly #sections = new Set<string>()

  note(status: Status, { key }: Site, { place }: Pick<Entry, 'place'>, text: string): void {
    this.notes.push({ key, text, origin: place.origin, dialect: { status, where: place.where } })
  }

  refused(site: Site, entry: Pick<Entry, 'place'>, why: string, instead: string): void {
    this.note('refused', site, entry, `has no effect: ${why}; ${instead}`)
  }

  /** Of what several keys ask for. */
  refusedOnce(site: Site, entry: Pick<Entry, 'place'>, why: string, instead: string): void {
    if (this.#sections.has(site.path)) return
    this.#sections.add(site.path)
    this.refused(site, entry, why, instead)
  }

  fault({ path }: Site, { place }: Pick<Entry, 'place'>, text: string): void {
    this.problems.push({ where: place.where, path, text })
  }

  later({ key }: Site, { place }: Pick<Entry, 'place'>, what: string, reason: string): void {
    const origin: Origin = place.origin
    this.missing.push({ key, what, reason, origin })
    this.note('later', { path: '', key }, { place }, `has no effect yet: ${reason}`)
  }
}
