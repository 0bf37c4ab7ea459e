/** Whether a service is ready, asked of it each time, and told once when that changes. */
import type { Life } from './life.ts'
import type { Logger, Service } from './types.ts'

/** How soon a change is seen that nobody asked about. */
const LOOK_MS = 250

export interface ReadinessWatch {
  /** Now, and only while the service runs. */
  serving(): boolean
  end(): void
}

export function watchReadiness(
  service: Service,
  life: Life,
  log: Logger,
  onChange: (serving: boolean) => void,
): ReadinessWatch {
  let told = false

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

  const timer = setInterval(look, LOOK_MS)
  return { serving: look, end: () => clearInterval(timer) }
}
