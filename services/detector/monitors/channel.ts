/** What the detector asks of a monitor over its socket, whichever protocol it speaks. */
import type { CheckResponse, DescribeResponse, WatchRequest, WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'

/** A message of the stream that was not read yet. */
export interface Incoming {
  /** How large it is on the wire. */
  readonly bytes: number
  /** Reads it, once, a large one in parts: each `yield` ends one. Throws what a call that failed throws. */
  read(): Generator<void, WatchResponse>
}

export interface WatchStream {
  readonly responses: AsyncIterable<Incoming>
  send(request: WatchRequest): void
}

/** One connection to one monitor. Every call has a deadline and rejects with an RpcError. */
export interface MonitorChannel {
  describe(timeoutMs: number): Promise<DescribeResponse>
  watch(signal: AbortSignal): WatchStream
  check(check: string, timeoutMs: number): Promise<CheckResponse>
  getMetadata(timeoutMs: number): Promise<MonitorMetadata>
  checkHealth(parameters: Readonly<Record<string, string>>, sequence: number, timeoutMs: number): Promise<Status>
  /** Whether the connection is there. Like the next two, it calls nothing. */
  isConnected(): boolean
  /** Resolves when the connection is no more, at once where none is. Rejects with the signal's reason. */
  dropped(signal: AbortSignal): Promise<void>
  /** Makes the connection where there is none: whether somebody took it. */
  connects(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  close(): void
}

export type OpenChannel = (socketPath: string) => MonitorChannel

/** The peer does not know the method: it speaks another protocol. */
export function isUnimplemented(err: unknown): boolean {
  return typeof err === 'object' && err !== null && 'code' in err && err.code === 'UNIMPLEMENTED'
}

/** The peer answered, and with something that cannot be taken: a message too large or not of the protocol. */
export function isMisconduct(err: unknown): boolean {
  if (typeof err !== 'object' || err === null || !('code' in err)) return false
  return err.code === 'RESOURCE_EXHAUSTED' || err.code === 'DATA_LOSS'
}
