/** A monitor whose checks may be meant for this machine only later: then it is made anew, behind the same socket. */
import type { PlaceName } from '#config'
import type { RpcService } from '#rpc'
import type { Service } from '#service'
import type { MonitorContext } from './check-parts.ts'
import { untilPlace } from './when.ts'

/** What is waited for. */
export interface LatePlace {
  readonly context: Pick<MonitorContext, 'host' | 'clock' | 'log' | 'readinessChanged'>
  /** What this machine is not. */
  readonly places: readonly PlaceName[]
  /** Judges it anew: what this machine is not still, and the monitor with all checks that are meant now. */
  again(): Promise<{ readonly places: readonly PlaceName[]; readonly make: () => Service }>
}

type Implementation = RpcService['implementation']

/** One service of a socket, answered by whichever monitor is there. */
function answeredBy(service: RpcService, now: () => RpcService | undefined): RpcService {
  const methods = Object.keys(service.implementation).map((name) => {
    const answer = (...args: readonly unknown[]) => {
      const { implementation } = now() ?? service
      return (implementation[name] as (...args: readonly unknown[]) => unknown)(...args)
    }
    return [name, answer]
  })
  return { definition: service.definition, implementation: Object.fromEntries(methods) as Implementation }
}

/** @param first the monitor as it is now */
export function createLateMonitor(first: Service, { context, places, again }: LatePlace): Service {
  const { host, clock, log } = context
  const stopped = new AbortController()
  let current = first
  let becoming: Promise<void> = Promise.resolve()

  /** @returns what it is not still */
  async function become(missing: readonly PlaceName[], signal: AbortSignal): Promise<readonly PlaceName[]> {
    await untilPlace(missing, { host, clock, signal: stopped.signal })
    const { places: left, make } = await again()
    // What came may have gone by then.
    if (left.length === missing.length) return missing
    log.info('this machine has become one that more checks are meant for', {
      when: missing.filter((place) => !left.includes(place)).join(', '),
    })
    const next = make()
    await current.stop()
    current = next
    // Who stops meanwhile stops this one.
    if (!stopped.signal.aborted) await next.start(signal)
    context.readinessChanged?.()
    return left
  }

  async function becomeAll(signal: AbortSignal): Promise<void> {
    for (let missing = places; missing.length > 0 && !stopped.signal.aborted; ) {
      try {
        missing = await become(missing, signal)
      } catch (err) {
        if (!stopped.signal.aborted)
          log.error('the checks for this machine cannot be begun; it is tried again', { err })
      }
    }
  }

  return {
    ...first,
    rpc: first.rpc.map((service, index) => answeredBy(service, () => current.rpc[index])),
    async start(signal) {
      await first.start(signal)
      signal.addEventListener('abort', () => stopped.abort(signal.reason), { once: true })
      becoming = becomeAll(signal)
    },
    readiness: () => current.readiness(),
    async stop() {
      stopped.abort(new Error('the monitor stops'))
      await becoming
      await current.stop()
    },
  }
}
