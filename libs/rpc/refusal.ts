/** Handlers that are asked only while their service takes calls. */
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js'
import type { RpcService } from './types.ts'

interface AnyCall {
  emit(event: 'error', err: { code: number; details: string }): unknown
}
type AnyHandler = (call: AnyCall, callback?: (err: { code: number; details: string }) => void) => void

/** While `refusal` says why (not ""), every call of the service is answered UNAVAILABLE with it. */
export function refusing({ definition, implementation }: RpcService, refusal: () => string): RpcService {
  const handlers: UntypedServiceImplementation = {}
  for (const [name, handler] of Object.entries(implementation)) {
    const asked: AnyHandler = (call, callback) => {
      const details = refusal()
      if (details === '') (handler as AnyHandler).call(implementation, call, callback)
      else if (callback === undefined) call.emit('error', { code: status.UNAVAILABLE, details })
      else callback({ code: status.UNAVAILABLE, details })
    }
    handlers[name] = asked as UntypedServiceImplementation[string]
  }
  return { definition, implementation: handlers }
}
