/** A monitor's channel over its Unix socket. */
import type { Clock } from '#clock'
import { CheckResponse, DescribeResponse, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
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
const NOTHING = Buffer.alloc(0)

/** gRPC's own words for an answer that its decoder does not take. */
function unreadable(err: unknown): string {
  return `Response message parsing error: ${err instanceof Error ? err.message : String(err)}`
}

/**
 * @param maxMessageBytes a larger answer is refused and the session ends
 * @param mostThings a report of more likewise: {@link mostThingsOf}
 * @param clock by which calls have their time
 */
export function createOpenChannel(maxMessageBytes: number, mostThings: number, clock: Clock): OpenChannel {
  return (socketPath) => {
    const client = connectUnix(socketPath, { maxMessageBytes, clock })

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

    /** What is read once is kept by nobody: a large message would otherwise stay as long as its report is taken. */
    function unread(message: Buffer): Incoming {
      let bytes = message
      return {
        bytes: bytes.length,
        *read() {
          const parts = readWatchResponse(bytes, mostThings)
          bytes = NOTHING
          try {
            return yield* parts
          } catch (err) {
            throw watchError(new RpcError(socketPath, MonitorService.watch.path, 'INTERNAL', unreadable(err), err))
          }
        },
      }
    }

    async function* untilError(messages: AsyncIterable<Incoming>): AsyncGenerator<Incoming, void> {
      try {
        yield* messages
      } catch (err) {
        throw watchError(err)
      }
    }

    return {
      describe: (timeoutMs) => ask(describe, { detectorVersion: '' }, timeoutMs),
      watch: (signal) => {
        const stream = client.bidiStream({ ...MonitorService.watch, responseDeserialize: unread }, signal)
        return { responses: untilError(stream.responses), send: stream.send }
      },
      check: (name, timeoutMs) => ask(check, { check: name }, timeoutMs),
      getMetadata: (timeoutMs) => ask(getMetadata, {}, timeoutMs),
      checkHealth: (parameters, sequence, timeoutMs) =>
        ask(checkHealth, { parameters: { ...parameters }, sequence }, timeoutMs),
      isConnected: () => client.isConnected(),
      dropped: (signal) => client.dropped(signal),
      connects: (timeoutMs, signal) => client.connects(timeoutMs, signal),
      close: () => client.close(),
    }
  }
}
