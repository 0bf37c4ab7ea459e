/** What happened, as a check with rules tells it. Pure. */
import type { Happening } from '#monitor-kit'
import { plural } from '#monitor-kit/evaluate'
import { LINES_LOST, TEXTS_UNTOLD } from './declare.ts'
import type { RuleNews } from './types.ts'

/** Something that happened. */
export type EventNews = Extract<RuleNews, { readonly kind: 'event' | 'omitted' }>

const WHY = {
  rate: 'more than is told of one second',
  entities: 'of more entities than are kept apart',
} as const

/** @param own the entity of what names none */
export function happeningOf(news: EventNews, own: string): Happening {
  const { rule, at, key } = news
  if (news.kind === 'omitted') {
    const message = `rule ${rule.name} matched ${plural(news.count, 'more line')} that ${news.count === 1 ? 'is' : 'are'} counted and not told: ${WHY[news.why]}`
    return { reason: TEXTS_UNTOLD, severity: 'warning', message, entity: own, at, key }
  }
  const { entity, message } = news
  return { reason: rule.reason, severity: rule.severity, message, entity: entity || own, at, key }
}

/** @param count undefined: nobody knows how many */
export function lostHappening(count: number | undefined, why: string, own: string): Happening {
  const lines =
    count === undefined
      ? 'lines of the log, nobody knows how many, are'
      : `${plural(count, 'line')} of the log ${count === 1 ? 'is' : 'are'}`
  return { reason: LINES_LOST, severity: 'warning', message: `${lines} gone unread: ${why}`, entity: own }
}
