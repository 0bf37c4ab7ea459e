/** A monitor's channel over its Unix socket. */
import { MonitorService, type WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type Method } from '#rpc'
import { callError } from './call-errors.ts'
import type { OpenChannel } from './channel.ts'

function lastStep({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf('/') + 1)
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

    async function* read<Response>(responses: AsyncIterable<Response>): AsyncGenerator<Response, void> {
      try {
        yield* responses
      } catch (err) {
        throw callError(socketPath, lastStep(MonitorService.watch), undefined, err)
      }
    }

    return {
      describe: (timeoutMs) => ask(MonitorService.describe, { detectorVersion: '' }, timeoutMs),
      watch: (signal) => {
        const sizes = new WeakMap<WatchResponse, number>()
        function responseDeserialize(bytes: Buffer): WatchResponse {
          const response = MonitorService.watch.responseDeserialize(bytes)
          sizes.set(response, bytes.length)
          return response
        }
        const stream = client.bidiStream({ ...MonitorService.watch, responseDeserialize }, signal)
        return {
          responses: read(stream.responses),
          bytesOf: (response) => sizes.get(response) ?? 0,
          send: stream.send,
        }
      },
      check: (check, timeoutMs) => ask(MonitorService.check, { check }, timeoutMs),
      getMetadata: (timeoutMs) => ask(ExternalMonitorService.getMetadata, {}, timeoutMs),
      checkHealth: (parameters, sequence, timeoutMs) =>
        ask(ExternalMonitorService.checkHealth, { parameters: { ...parameters }, sequence }, timeoutMs),
      close: () => client.close(),
    }
  }
}
