/** What `watch` prints: lines for a person, or one JSON document a line. */
import { renderClock, renderDuration } from '#view'
import { inLine, say, sayJson } from '../print.ts'
import type { Told } from './known.ts'
import { lineOf, recordOf } from './lines.ts'

/** Why nothing is heard: the detector went away, or one that lives cut this watcher off. */
export type Silence = { readonly kind: 'gone' | 'cut-off'; readonly why: string }

export interface Teller {
  change(change: Told, now: Date): void
  /** The detector cannot be heard, and is waited for or asked again. */
  silent(silence: Silence, now: Date): void
  /** It is heard again. @param kind how it was before @param changes what is otherwise than it was */
  back(kind: Silence['kind'], awayMs: number, changes: readonly Told[], now: Date): void
}

function line(what: string, text: string, now: Date): void {
  say(`${renderClock(now, now)}  ${inLine(what, 24).padEnd(8)} ${inLine(text)}`)
}

const LINES: Teller = {
  change(change, now) {
    const [what = '', text = ''] = lineOf(change, now) ?? []
    if (what !== '') line(what, text, now)
  },
  silent({ kind, why }, now) {
    if (kind === 'gone') line('detector', `is gone: ${why}; waiting until it is back, Ctrl-C ends`, now)
    else line('detector', `cut off this watcher (${why}); asks again, Ctrl-C ends`, now)
  },
  back(kind, awayMs, changes, now) {
    const told = changes.filter((change) => lineOf(change, now) !== undefined)
    const what = told.length === 0 ? 'nothing changed meanwhile' : `${told.length} changed meanwhile:`
    line('detector', `is ${kind === 'gone' ? 'back' : 'heard again'} after ${renderDuration(awayMs)}; ${what}`, now)
    for (const change of told) LINES.change(change, now)
  },
}

const DOCUMENTS: Teller = {
  change(change, now) {
    const record = recordOf(change, now)
    if (record !== undefined) sayJson(record)
  },
  silent({ kind, why }) {
    sayJson({ kind: 'detector', state: kind, why: inLine(why) })
  },
  back(_kind, awayMs, changes, now) {
    const records = changes.map((change) => recordOf(change, now)).filter((record) => record !== undefined)
    sayJson({ kind: 'detector', state: 'back', awayMs: Math.round(awayMs), changed: records.length })
    for (const record of records) sayJson({ ...record, meanwhile: true })
  },
}

export function createTeller(json: boolean): Teller {
  return json ? DOCUMENTS : LINES
}
