/** What a run of a plug-in says of its condition. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  NO_STREAK,
  type Streak,
  unknownFinding,
  unobserved,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type PluginStatus, parseOutput, worseOf } from './output.ts'
import type { Measured } from './performance.ts'

export const TYPE = 'PluginUnhealthy'
export const VALUE = 'plugin_value'

/** A run, as far as it came. */
export type Run =
  | { readonly kind: 'ended'; readonly exitCode: number; readonly text: string }
  /** It did not end by itself: what it printed may be half of what it was about to say. */
  | { readonly kind: 'killed'; readonly by: string; readonly text: string }
  | { readonly kind: 'late'; readonly afterMs: number; readonly limit: RunLimit }
  | { readonly kind: 'left'; readonly text: string }
  | { readonly kind: 'not-started'; readonly text: string }

/** How long a run may take, and who says so. */
export type RunLimit = 'apiTimeout' | 'the timeout of its check'

/** What one run says. */
export interface PluginVerdict {
  readonly streak: Streak
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

/** Whose run it is. */
export interface Plugin {
  readonly name: string
  readonly config: Pick<Config, 'pluginPath' | 'outputFormat' | 'failureThreshold'>
}

const LEVELS = { ok: 'ok', warning: 'warning', critical: 'critical' } as const

function unknown(plugin: Plugin, reason: string, message: string): PluginVerdict {
  const finding = unknownFinding(TYPE, unobserved(reason, message), entityOf(plugin))
  return { streak: NO_STREAK, finding, metrics: [] }
}

function entityOf({ name }: Plugin): string {
  return `plugin:${name}`
}

function samplesOf({ name: plugin }: Plugin, measured: readonly Measured[]): readonly MetricSample[] {
  return measured.map(({ name, value, unit }) => ({ name: VALUE, labels: { plugin, name, unit }, value }))
}

/** The words of a run for people: what it says, or how it ended; and while it does not count yet, how often it was seen. */
function messageOf(said: string, status: Exclude<PluginStatus, 'unknown'>, seen: string): string {
  return `${said || `it says nothing and ends as ${status}`}${seen}`
}

/** @param before how often in a row it was a problem */
export function evaluatePlugin(run: Run, plugin: Plugin, before: Streak): PluginVerdict {
  const { pluginPath: path, outputFormat, failureThreshold: needed } = plugin.config
  if (run.kind === 'not-started') return unknown(plugin, 'PluginNotStarted', run.text)
  if (run.kind === 'left') return unknown(plugin, 'PluginLeftBehind', run.text)
  if (run.kind === 'late') {
    const { afterMs, limit } = run
    return unknown(plugin, 'PluginTimedOut', `${path} did not end within ${afterMs} ms (${limit}) and was killed`)
  }
  const text = run.text.trim()
  const printed = parseOutput(text, outputFormat)
  if (run.kind === 'killed') {
    return unknown(plugin, 'PluginUnknown', `${path} was ended by ${run.by}: ${printed?.message || 'it says nothing'}`)
  }
  if (printed === undefined) {
    const says = `what ${path} prints is no JSON object with a status that is known: ${JSON.stringify(text.slice(0, 200))}`
    return unknown(plugin, 'PluginOutputMalformed', says)
  }
  const status = worseOf(run.exitCode, printed.status)
  const metrics = samplesOf(plugin, printed.measured)
  if (status === 'unknown') {
    const said = printed.message || 'it says nothing'
    return { ...unknown(plugin, 'PluginUnknown', `${path} ended with ${run.exitCode}: ${said}`), metrics }
  }
  const streak = extendStreak(before, LEVELS[status])
  const verdict = judgeStreak(streak, needed)
  const seen = verdict === 'pending' ? ` (seen in ${streak.warning} of ${needed} checks in a row)` : ''
  const finding = judgedFinding({
    type: TYPE,
    entity: entityOf(plugin),
    verdict,
    healthyReason: 'PluginHealthy',
    warningReason: 'PluginWarning',
    criticalReason: 'PluginCritical',
    message: messageOf(printed.message, status, seen),
    summary: `plug-in ${plugin.name}: ${printed.message || status}`,
  })
  return { streak, finding, metrics }
}
