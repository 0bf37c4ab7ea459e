/** Keys that a configuration has and that have no effect here, for who does not look at `validate`: logs and the page. */
import type { ConfigNote, NodeDoctorConfig } from './types.ts'

/** More of them are counted, not told one by one. */
export const REFUSED_TOLD = 100

/** A key without an effect. */
export interface RefusedKey extends Pick<ConfigNote, 'key'> {
  /** Why, and what to write in its place: "has no effect: …; …". */
  readonly text: string
  /** "config.yaml, line 41". */
  readonly origin: string
}

/** Those of another form that are refused, as they stand in the file. Pure. */
export function refusedKeys({ notes = [] }: Pick<NodeDoctorConfig, 'notes'>): RefusedKey[] {
  return notes
    .filter(({ dialect }) => dialect?.status === 'refused')
    .map(({ key, text, origin }) => ({ key, text, origin: origin.text }))
}
