/** How the connection to a monitor stands, as people are shown it. Pure. */
import { cleanText, type MonitorConnection } from '#model'
import { cleanCount, SHOWN } from './clean.ts'
import { renderDuration, renderTime } from './duration.ts'
import type { ConnectionView } from './types.ts'

/** "3 failures in a row", "1 failure". "": none. */
export function failureWords(failures: number): string {
  if (failures === 0) return ''
  return failures === 1 ? '1 failure' : `${failures} failures in a row`
}

/** "serving for 3 h", "paused for 20 s, 4 failures in a row, next try in 7 s". */
export function connectionWords({ state, since, failures, nextTry }: MonitorConnection, now: Date): string {
  const leftMs = nextTry === undefined ? undefined : nextTry.getTime() - now.getTime()
  const next = leftMs === undefined ? '' : leftMs < 1000 ? 'next try now' : `next try in ${renderDuration(leftMs)}`
  const lasting = `${state} for ${renderDuration(now.getTime() - since.getTime())}`
  return [lasting, failureWords(failures), next].filter((words) => words !== '').join(', ')
}

export function renderConnection(connection: MonitorConnection, now: Date): ConnectionView {
  const { state, since, why, failures, nextTry } = connection
  return {
    state,
    since: renderTime(since, now),
    why: cleanText(why, SHOWN.message),
    failures: cleanCount(failures),
    ...(nextTry === undefined ? {} : { nextTry: renderTime(nextTry, now) }),
  }
}
