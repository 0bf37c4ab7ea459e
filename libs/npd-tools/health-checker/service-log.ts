/** How long a service runs, and how often its log says something. */
import { compileLayout, quote } from '#golang'
import { ask } from '../commands.ts'
import type { ToolAround } from '../tool.ts'
import type { Options } from './options.ts'

/** Go's layout of what `systemctl show` prints: "Sun 2026-11-29 21:00:00 UTC". */
const SHOWN = compileLayout('Mon 2006-01-02 15:04:05 MST')
/** Times are said and read as UTC: zones that a text only names are known to nobody for sure. */
const UTC = { TZ: 'UTC', LC_ALL: 'C' }
const NANOSECONDS_OF_MS = 1_000_000n

/** Milliseconds since systemd last began to start it. @throws CommandError, TimeError, or what it cannot understand */
export async function uptimeMs(service: string, around: ToolAround): Promise<number> {
  const shown = await ask(around, 'systemctl', ['show', service, '--property=InactiveExitTimestamp'], { env: UTC })
  const since = shown.split('=')[1]
  if (since === undefined) throw new Error('could not parse the service uptime time correctly')
  return around.clock.now().getTime() - SHOWN.parse(since).date.getTime()
}

/** What a shell makes of a text between double quotes, as node-problem-detector puts it there; what it would run is left as it is. */
function betweenQuotes(text: string): string {
  return text.replace(/\\(["\\$`])/g, '$1').replaceAll('\\\n', '')
}

/** "2026-11-29 21:00:00" */
function journalTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

const COUNT = 'exec 2>&1; journalctl --unit "$1" --since "$2" | grep -i -e "$3" | wc -l'

/** How often a service's log has a pattern of `grep -i` since then. @throws CommandError, or what is no number */
async function occurrences(service: string, sinceMs: number, pattern: string, around: ToolAround): Promise<number> {
  const words = [betweenQuotes(service), journalTime(sinceMs), betweenQuotes(pattern)]
  const counted = await ask(around, '/bin/sh', ['-c', COUNT, 'sh', ...words], { env: UTC })
  if (!/^\d+$/.test(counted)) throw new Error(`strconv.Atoi: parsing ${quote(counted)}: invalid syntax`)
  return Number(counted)
}

/** Whether its log is as it should be: none of the patterns as often as it says, since it began or for `--loopback-time`. */
export async function isLogWell(options: Options, around: ToolAround): Promise<boolean> {
  const { service, 'log-pattern': patterns, 'loopback-time': loopback } = options
  if (patterns.size === 0) return true
  const runsMs = await uptimeMs(service, around)
  const backMs = Number(loopback / NANOSECONDS_OF_MS)
  const sinceMs = around.clock.now().getTime() - (backMs > 0 && runsMs > backMs ? backMs : runsMs)
  for (const [pattern, count] of patterns) {
    if ((await occurrences(service, sinceMs, pattern, around)) >= count) return false
  }
  return true
}
