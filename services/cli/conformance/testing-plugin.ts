/** A plug-in for tests: a real server of gRPC on a real socket, which keeps every rule, or breaks the one that a test says. */
import { chmod, rename, rm } from 'node:fs/promises'
import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData } from '@grpc/grpc-js'
import { HealthService } from '#proto/grpc/health/v1/health.ts'
import { ServerReflectionService } from '#proto/grpc/reflection/v1/reflection.ts'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { respondsInBytes } from '#rpc'
import { createExternal, type ExternalScript } from './testing-external.ts'
import { createMonitor, type MonitorScript } from './testing-monitor.ts'

/** How it differs from one that keeps every rule. */
export interface Script {
  /** Absent: it does not speak npd.external.v1. */
  readonly external?: ExternalScript | undefined
  /** Absent: it does not speak nodedoctor.v1. */
  readonly monitor?: MonitorScript | undefined
  readonly mode?: number
  /** What grpc.health.v1 says; undefined: it does not have it. */
  readonly health?: number | undefined
  /** What grpc.reflection.v1 lists; undefined: it does not have it. */
  readonly reflection?: readonly string[] | undefined
}

export interface Plugin {
  /** Ends at once, as a killed process does; its socket stays where `isLeft`. */
  end(isLeft?: boolean): Promise<void>
}

const LISTED = ['nodedoctor.v1.Monitor', 'npd.external.v1.ExternalMonitor']

function addStanding(server: Server, script: Script): void {
  const { health = 1, reflection = LISTED } = script
  if (!('health' in script) || script.health !== undefined)
    server.addService(HealthService, {
      check: (_call: unknown, callback: sendUnaryData<unknown>) => callback(null, { status: health }),
      watch: () => undefined,
    })
  if ('reflection' in script && script.reflection === undefined) return
  server.addService(ServerReflectionService, {
    serverReflectionInfo(call: { on(event: string, run: () => void): void; write(said: unknown): void; end(): void }) {
      const service = reflection.map((name) => ({ name }))
      call.on('data', () =>
        call.write({ validHost: '', messageResponse: { $case: 'listServicesResponse', value: { service } } }),
      )
      call.on('end', () => call.end())
    },
  })
}

/** With an answer of any bytes, where the script has one. */
function definitionOf({ bytes }: ExternalScript): ServiceDefinition {
  const { checkHealth } = ExternalMonitorService
  return bytes === undefined
    ? ExternalMonitorService
    : { ...ExternalMonitorService, checkHealth: respondsInBytes(checkHealth) }
}

/** Listens at the path, in place of whatever is there. */
export async function startPlugin(path: string, script: Script): Promise<Plugin> {
  const server = new Server()
  async function end(isLeft = false): Promise<void> {
    server.forceShutdown()
    if (!isLeft) await rm(path, { force: true })
  }
  /** Answers what runs. */
  async function endInOrder(isLeft = false): Promise<void> {
    await new Promise<void>((resolve) => void server.tryShutdown(() => resolve()))
    if (!isLeft) await rm(path, { force: true })
  }
  if (script.external)
    server.addService(definitionOf(script.external), createExternal(script.external, { end, endInOrder }))
  if (script.monitor) server.addService(MonitorService, createMonitor(script.monitor, end))
  addStanding(server, script)
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    // Node would take the file away itself, at the path that it bound.
    server.bindAsync(`unix:${path}.new`, ServerCredentials.createInsecure(), (err) => (err ? reject(err) : resolve()))
  })
  await chmod(`${path}.new`, script.mode ?? 0o660)
  await rename(`${path}.new`, path)
  return { end }
}
