/** Whether this exporter can show what is. */
import type { Bus } from '#bus'
import { cleanText, type MonitorState } from '#model'
import type { Readiness } from '#service'
import { renderDuration } from '#view'
import type { Listener } from './http/listener.ts'
import type { NodeState } from './state/node-state.ts'

/** Longest name of a monitor in a sentence. */
const SHOWN_NAME = 80

export interface ReadinessOptions {
  readonly bus: Pick<Bus, 'state' | 'since' | 'url' | 'lastError'> | undefined
  readonly state: NodeState | undefined
  readonly listeners: readonly Listener[]
  readonly now: Date
}

/** Ready: every port is listened on, the bus is there, and its buckets were read once. */
export function readinessOf({ bus, state, listeners, now }: ReadinessOptions): Readiness {
  if (bus === undefined || state === undefined) return { ready: false, reason: 'starting: the bus is not asked yet' }
  const closed = listeners.find(({ problem }) => problem !== '')
  if (closed !== undefined) return { ready: false, reason: closed.problem }
  if (bus.state !== 'connected') {
    const where = bus.url === '' ? 'the bus' : `the bus at ${bus.url}`
    const why = bus.lastError === '' ? '' : `: ${bus.lastError}`
    const waited = renderDuration(now.getTime() - bus.since.getTime())
    return { ready: false, reason: `waiting for ${where} for ${waited}${why}` }
  }
  const { conditions, problems, monitors } = state
  const unread = Object.entries({ conditions, problems, monitors }).filter(([, { known }]) => !known)
  if (unread.length === 0) return { ready: true, reason: '' }
  const names = unread.map(([name]) => name).join(', ')
  return { ready: false, reason: `waiting for what the detector wrote to the bus: ${names} not read yet` }
}

/** Monitors named; the rest is counted. */
const NAMED = 3

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return `${names.slice(0, NAMED).join(', ')}${more}`
}

/** What is not known yet although all that was told is read: who has not spoken, who has not looked. "" after that. */
export function awaitedWords({ liveness, monitors }: Pick<NodeState, 'liveness' | 'monitors'>): string {
  const all = [...monitors.values.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const named = (holds: (monitor: MonitorState) => boolean) =>
    all.filter(holds).map(({ name }) => cleanText(name, SHOWN_NAME))
  const silent = named(({ health }) => health === 'awaited')
  const blind = named(({ health, lastReport }) => health === 'alive' && lastReport === undefined)
  const words = [
    liveness().state === 'awaited' ? 'the first sign of life of the detector' : '',
    all.length === 0 ? 'the first monitor' : '',
    silent.length > 0 ? `the first answer of ${listed(silent)}` : '',
    blind.length > 0 ? `the first look of ${listed(blind)}` : '',
  ]
  return words.filter((one) => one !== '').join('; ')
}
