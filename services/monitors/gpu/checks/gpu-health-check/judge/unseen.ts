/** Why no GPU was seen in a look. Pure. */
import { cutText } from '#model'
import { duration, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import type { QueryAnswer } from '../../../smi/query-answer.ts'

/** Of words that are none so much says enough. */
const GARBAGE_MAX = 40

/** How long a probe may take, in words. */
const DEADLINE = duration(10_000)

/** What a container loses when systemd of the node is reloaded, and gets back when it is started anew. */
const DENIED = 'a container loses its devices when systemd is reloaded (systemctl daemon-reload): restart the pod'

/** Undefined: some were, or it is known that there are none. */
export function whyUnseen(query: QueryAnswer): Unobserved | undefined {
  switch (query.kind) {
    case 'rows':
      return undefined
    case 'late':
      return unobserved('ProbeHangs', `nvidia-smi has not answered within ${DEADLINE}`)
    case 'held':
      return unobserved(
        'ProbeHangs',
        `nvidia-smi (pid ${query.pid}) hangs in the driver; no other is started beside it`,
      )
    case 'missing':
      return unobserved(
        'NoNvidiaSmi',
        `there is no nvidia-smi; tried ${query.tried.join(', ')}; set nvidiaSmi, or run with the container runtime of NVIDIA`,
      )
    case 'not-started':
      return unobserved('ProbeNotStarted', query.why)
    case 'stopped':
      return unobserved('Stopped', 'the monitor stops')
    case 'garbled':
      return unobserved(
        'SourceMalformed',
        `nvidia-smi says ${JSON.stringify(cutText(query.said, GARBAGE_MAX))}, which is no answer to what it was asked`,
      )
    case 'failed': {
      const said = query.said === '' ? 'nothing, and has failed' : query.said
      const cure = query.failure.kind === 'devices-denied' ? `; ${DENIED}` : ''
      return unobserved('ProbeFailed', `nvidia-smi says: ${said}${cure}`)
    }
  }
}
