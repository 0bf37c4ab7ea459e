/** What stands beside the protocols on every socket of ours: health and reflection. */
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { ServerReflectionService } from '#proto/grpc/reflection/v1/reflection.ts'
import { failureOf, type Line, notAsked } from './line.ts'
import type { Outcome } from './types.ts'

/** Whether it serves, by grpc.health.v1: 1 does. */
export function askHealth(line: Line): Promise<Outcome<{ readonly status: number }>> {
  return line.ask(HealthService.check, { service: '' })
}

/** Names of services, by grpc.reflection.v1. */
export async function askReflection(line: Line, timeoutMs: number): Promise<Outcome<readonly string[]>> {
  const { client, clock, lostSince } = line
  if (lostSince !== undefined) return notAsked(lostSince)
  const beganMs = clock.monotonicMs()
  const took = () => clock.monotonicMs() - beganMs
  const abort = new AbortController()
  const callOff = clock.after(timeoutMs, () => abort.abort())
  try {
    const stream = client.bidiStream(ServerReflectionService.serverReflectionInfo, abort.signal)
    stream.send({ host: '', messageRequest: { $case: 'listServices', value: '*' } })
    for await (const { messageResponse } of stream.responses) {
      if (messageResponse?.$case !== 'listServicesResponse') break
      const names = messageResponse.value.service.map(({ name }) => name)
      return { kind: 'answered', value: names, bytes: 0, ms: took(), at: clock.now() }
    }
    return { kind: 'failed', code: 'UNKNOWN', details: 'it does not list its services', ms: took() }
  } catch (err) {
    return failureOf(err, took())
  } finally {
    callOff()
    abort.abort()
  }
}
