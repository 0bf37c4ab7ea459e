/** A monitor's channel over its Unix socket. */
import { CheckResponse, DescribeResponse, MonitorService, type WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { ExternalMonitorService, MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type Method, RpcError } from '#rpc'
import { callError } from './call-errors.ts'
import type { Incoming, OpenChannel } from './channel.ts'
import { bounded, readWatchResponse } from './reading.ts'

function lastStep({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const describe = bounded(MonitorService.describe, DescribeResponse)
const check = bounded(MonitorService.check, CheckResponse)
const getMetadata = bounded(ExternalMonitorService.getMetadata, MonitorMetadata)
const checkHealth = bounded(ExternalMonitorService.checkHealth, Status)
/** Its messages are read when it is their turn. */
const watch = { ...MonitorService.watch, responseDeserialize: (bytes: Buffer) => bytes }

/** gRPC's own words for an answer that its decoder does not take. */
function unreadable(err: unknown): string {
  return `Response message parsing error: ${err instanceof Error ? err.message : String(err)}`
}

/** @param maxMessageBytes a larger answer is refused and the session ends */
export function createOpenChannel(maxMessageBytes: number): OpenChannel {
  return (socketPath) => {
    const client = connectUnix(socketPath, { maxMessageBytes })

    async function ask<Request, Response>(
      method: Method<Request, Response>,
      request: Request,
      timeoutMs: number,
    ): Promise<Response> {
      try {
        return await client.call(method, request, { timeoutMs })
      } catch (err) {
        throw callError(socketPath, lastStep(method), timeoutMs, err)
      }
    }

    const watchError = (err: unknown) => callError(socketPath, lastStep(MonitorService.watch), undefined, err)

    function* read(bytes: Buffer): Generator<void, WatchResponse> {
      try {
        return yield* readWatchResponse(bytes)
      } catch (err) {
        throw watchError(new RpcError(socketPath, MonitorService.watch.path, 'INTERNAL', unreadable(err), err))
      }
    }

    async function* incoming(messages: AsyncIterable<Buffer>): AsyncGenerator<Incoming, void> {
      try {
        for await (const bytes of messages) yield { bytes: bytes.length, read: () => read(bytes) }
      } catch (err) {
        throw watchError(err)
      }
    }

    return {
      describe: (timeoutMs) => ask(describe, { detectorVersion: '' }, timeoutMs),
      watch: (signal) => {
        const stream = client.bidiStream(watch, signal)
        return { responses: incoming(stream.responses), send: stream.send }
      },
      check: (name, timeoutMs) => ask(check, { check: name }, timeoutMs),
      getMetadata: (timeoutMs) => ask(getMetadata, {}, timeoutMs),
      checkHealth: (parameters, sequence, timeoutMs) =>
        ask(checkHealth, { parameters: { ...parameters }, sequence }, timeoutMs),
      close: () => client.close(),
    }
  }
}
