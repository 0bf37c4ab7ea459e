/** What happened, as a check with rules tells it. Pure. */
import type { Happening } from '#monitor-kit'
import { LOG_TEXTS_UNTOLD, untoldHappening } from '../reading/declared.ts'
import type { RuleNews } from './types.ts'

/** Something that happened. */
export type EventNews = Extract<RuleNews, { readonly kind: 'event' | 'omitted' }>

/** @param own the entity of what names none */
export function happeningOf(news: EventNews, own: string): Happening {
  const { rule, at, key } = news
  if (news.kind === 'event') {
    const { entity, message } = news
    return { reason: rule.reason, severity: rule.severity, message, entity: entity || own, at, key }
  }
  if (news.why === 'rate') return { ...untoldHappening(rule.name, news.count), entity: own, at, key }
  const { reason, severity } = LOG_TEXTS_UNTOLD
  const message = `rule ${rule.name} matched ${news.count} times for more things than it keeps apart; counted, not told`
  return { reason, severity, message, entity: own, at, key }
}
