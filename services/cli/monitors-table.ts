/** Every monitor, how it is, and what it did that it may not. */
import { DETECTOR, type MonitorState } from '#model'
import { connectionWords, renderDuration } from '#view'
import { inLine } from './print.ts'
import { renderTable } from './table.ts'

function age(since: Date | undefined, now: Date): string {
  return since === undefined ? 'never' : `${renderDuration(Math.max(0, now.getTime() - since.getTime()))} ago`
}

/** When it reported last; the detector sends itself none, and tells what changes. */
function reported({ name, lastReport }: MonitorState, now: Date): string {
  return name === DETECTOR ? '–' : age(lastReport, now)
}

/** What is wrong with it: what failed last, where its connection says so; nothing where it is alive. */
function reasonOf({ health, lastError, lastErrorAt, connection }: MonitorState, now: Date): string {
  if (health === 'alive') return inLine(connection?.why ?? '', 300)
  if (connection !== undefined && connection.why !== '' && connection.failures > 0) return inLine(connection.why, 300)
  if (lastError === '') return health === 'unreachable' ? 'it does not answer' : 'awaited: it has not answered yet'
  return `${inLine(lastError, 300)}${lastErrorAt === undefined ? '' : ` (${age(lastErrorAt, now)})`}`
}

/** A table of the monitors, then every violation with its words. */
export function renderMonitors(monitors: readonly MonitorState[], now: Date): string {
  const sorted = [...monitors].sort((a, b) => (a.name < b.name ? -1 : 1))
  const rows = sorted.map((monitor) => [
    monitor.health,
    inLine(monitor.name, 80),
    monitor.origin,
    monitor.connection === undefined ? '' : connectionWords(monitor.connection, now),
    reported(monitor, now),
    String(monitor.restarts),
    String(monitor.violations),
    reasonOf(monitor, now),
  ])
  const violations = sorted.flatMap(({ name, lastViolations }) =>
    lastViolations.map(
      ({ text, count, lastSeen }) =>
        `  ${inLine(name, 80)}: ${inLine(text)}${count > 1 ? ` (${count} times)` : ''}, ${age(lastSeen, now)}`,
    ),
  )
  const table = renderTable(
    ['STATE', 'MONITOR', 'ORIGIN', 'CONNECTION', 'LAST REPORT', 'RESTARTS', 'VIOLATIONS', 'REASON'],
    rows,
  )
  return violations.length === 0 ? table : `${table}\n\nWhat monitors sent that they may not:\n${violations.join('\n')}`
}
