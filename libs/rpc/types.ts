/** gRPC over Unix sockets: serving and calling. The one wrapper of @grpc/grpc-js. */

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Clock } from '#clock'

/** A generated service and what answers it. */
export interface RpcService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/** Where and what is served. */
export interface ServeOptions {
  /** Absolute path of the socket. Its folder is made (`dirMode`); at most 107 bytes (sun_path). */
  readonly path: string
  /** Mode of the socket. Default 0o660. */
  readonly mode?: number
  /** Mode of its folder where that has to be made, less the umask. Default 0o755. */
  readonly dirMode?: number
  /** What says where the socket is, for errors: "--socket". Default "run directory". */
  readonly place?: string | undefined
  readonly services: readonly RpcService[]
  /** What grpc.health.v1 answers for "" and each service. Asked at every call. */
  readonly serving: () => boolean
  /** Why `services` take no calls now ("starting", "draining"): they are answered UNAVAILABLE. "" while they do. */
  readonly refusal?: () => string
  /** Largest message taken or sent, in bytes. Default 4 MiB. */
  readonly maxMessageBytes?: number
  /** Reflection's descriptors (a serialized FileDescriptorSet), fetched at the first reflection call. */
  readonly descriptors?: () => Promise<Uint8Array>
  /** By which running calls have their time at the end. Default one of its own. */
  readonly clock?: Clock
}

/** A server on a Unix socket. */
export interface RpcServer {
  readonly path: string
  /** Tells health watchers that `serving()` may have changed. */
  healthChanged(): void
  /** No new calls; waits for running ones up to `graceMs`, then cuts them. Removes the socket. Idempotent. */
  close(graceMs: number): Promise<void>
}
