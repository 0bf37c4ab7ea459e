/** Whether this exporter can show what is. */
import type { Bus } from '#bus'
import { renderDuration } from '#model'
import type { Readiness } from '#service'
import type { Listener } from './http/listener.ts'
import type { NodeState } from './state/node-state.ts'

export interface ReadinessOptions {
  readonly bus: Pick<Bus, 'state' | 'since' | 'url' | 'lastError'> | undefined
  readonly state: NodeState | undefined
  readonly listeners: readonly Listener[]
  readonly now: Date
}

/** Ready: every port is listened on, the bus is there, and its buckets were read once. */
export function readinessOf({ bus, state, listeners, now }: ReadinessOptions): Readiness {
  if (bus === undefined || state === undefined) return { ready: false, reason: 'starting' }
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
  return { ready: false, reason: `waiting for the first reading of ${unread.map(([name]) => name).join(', ')}` }
}
