/** Whether a service is ready, asked of it each time, and told once when that changes. */
import type { Life } from './life.ts'
import type { Logger, Service } from './types.ts'

/** How soon it is seen that a service has become ready. */
const LOOK_MS = 250
/** How soon it is seen at the latest that one is ready no longer: of what it does not say itself, and nobody asks about. */
const LOOK_READY_MS = 5000

export interface ReadinessWatch {
  /** Now, and only while the service runs. */
  serving(): boolean
  /** It may have changed: it is looked at once what is going on has ended. */
  changed(): void
  end(): void
}

export function watchReadiness(
  service: Pick<Service, 'readiness'>,
  life: Life,
  log: Logger,
  onChange: (serving: boolean) => void,
): ReadinessWatch {
  let told = false
  let ended = false
  let timer: NodeJS.Timeout

  function look(): boolean {
    const { ready, reason } = service.readiness()
    const serving = ready && life.state === 'running'
    if (serving !== told) {
      told = serving
      if (life.state === 'running') log.info(serving ? 'service ready' : 'service not ready', serving ? {} : { reason })
      lookIn(serving ? LOOK_READY_MS : LOOK_MS)
      onChange(serving)
    }
    return serving
  }

  function lookIn(ms: number): void {
    clearTimeout(timer)
    if (ended) return
    timer = setTimeout(() => lookIn(look() ? LOOK_READY_MS : LOOK_MS), ms)
  }

  lookIn(LOOK_MS)
  return {
    serving: look,
    changed: () => lookIn(0),
    end() {
      ended = true
      clearTimeout(timer)
    },
  }
}
