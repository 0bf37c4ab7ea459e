/** Whether a service is ready: told by the service when it may have changed, asked of it by whoever wants to know. */
import { type Clock, every } from '#clock'
import type { Life } from './life.ts'
import type { Logger, Service } from './types.ts'

/** The net below what a service says itself: of what only time makes true or untrue, and nobody asks about. */
export const READINESS_LOOK_MS = 5000

export interface ReadinessWatch {
  /** Now, and only while the service runs. */
  serving(): boolean
  /** It may have changed: it is looked at once what is going on has ended. */
  changed(): void
  end(): void
}

export interface ReadinessOptions {
  readonly service: Pick<Service, 'readiness'>
  readonly life: Life
  readonly clock: Clock
  readonly log: Logger
  readonly onChange: (serving: boolean) => void
}

export function watchReadiness({ service, life, clock, log, onChange }: ReadinessOptions): ReadinessWatch {
  let told = false
  let isAsked = false
  let ended = false

  function look(): boolean {
    const { ready, reason } = service.readiness()
    const serving = ready && life.state === 'running'
    if (serving !== told) {
      told = serving
      if (life.state === 'running') log.info(serving ? 'service ready' : 'service not ready', serving ? {} : { reason })
      onChange(serving)
    }
    return serving
  }

  const endLooks = every(clock, { ms: READINESS_LOOK_MS }, () => void look())
  return {
    serving: look,
    changed() {
      if (isAsked || ended) return
      isAsked = true
      setImmediate(() => {
        isAsked = false
        if (!ended) look()
      })
    },
    end() {
      ended = true
      endLooks()
    },
  }
}
