/** A monitor's channel over its Unix socket. */
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import type { OpenChannel } from './channel.ts'

/** @param maxMessageBytes a larger answer is refused and the session ends */
export function createOpenChannel(maxMessageBytes: number): OpenChannel {
  return (socketPath) => {
    const client = connectUnix(socketPath, { maxMessageBytes })
    return {
      describe: (timeoutMs) => client.call(MonitorService.describe, { detectorVersion: '' }, { timeoutMs }),
      watch: (signal) => client.bidiStream(MonitorService.watch, signal),
      check: (check, timeoutMs) => client.call(MonitorService.check, { check }, { timeoutMs }),
      getMetadata: (timeoutMs) => client.call(ExternalMonitorService.getMetadata, {}, { timeoutMs }),
      checkHealth: (parameters, sequence, timeoutMs) =>
        client.call(ExternalMonitorService.checkHealth, { parameters: { ...parameters }, sequence }, { timeoutMs }),
      close: () => client.close(),
    }
  }
}
