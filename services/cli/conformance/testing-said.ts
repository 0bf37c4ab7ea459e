/** What a test's plug-in says to a call. */
import type { sendUnaryData } from '@grpc/grpc-js'

/** What became of a call: an answer, an error of gRPC, or nothing ever. */
export type Said<T> = T | { readonly code: number; readonly details: string } | 'hang'

function isRefusal(said: object): said is { readonly code: number; readonly details: string } {
  return 'code' in said && 'details' in said
}

/** Answers a call with what was said. */
export function reply<T extends object>(callback: sendUnaryData<T>, said: Said<T>): void {
  if (said === 'hang') return
  if (isRefusal(said)) callback(said)
  else callback(null, said)
}
