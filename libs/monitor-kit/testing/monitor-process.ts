/** A monitor as a process of its own, for tests of what outlives one. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost } from '#host'
import type { Status } from '#proto/npd/external/v1/external_monitor.ts'

/** Which monitor, where, and what it is configured to do. */
export interface MonitorProcessOptions {
  /** Absolute path of its main.ts. */
  readonly main: string
  /** "system" */
  readonly monitor: string
  /** A folder of the test: configuration, run and state folders are made in it. */
  readonly folder: string
  /** The `monitors` of the configuration. */
  readonly monitors: readonly { readonly name: string; readonly type: string; readonly config?: object }[]
}

/** A monitor's process that answers. */
export interface MonitorProcess {
  /** Its own run folder, where its checks' memory stands. */
  readonly runFolder: string
  /** Runs its checks and says what they found. */
  checkHealth(): Promise<Status>
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
}

/** Starts the real process, as a container has it; resolves when it listens. */
export async function startMonitorProcess(options: MonitorProcessOptions): Promise<MonitorProcess> {
  const { main, monitor, folder, monitors } = options
  const config = join(folder, 'config.json')
  const runFolder = join(folder, 'run', 'monitors', monitor)
  const settings = { nodeName: 'n1', runDir: join(folder, 'run'), stateDir: join(folder, 'state') }
  const kind = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'test' } }
  await writeFile(config, JSON.stringify({ ...kind, settings, defaultMonitors: [], monitors }))
  const child = await createHost({ root: '' }).programs.start(process.execPath, [main, '--config', config], {
    dieWithParent: true,
    // Its sources are compiled once for all tests, where that is said.
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  })
  // Loaded here: tests that start no process do not need it.
  const { connectUnix } = await import('#rpc')
  const { ExternalMonitorService } = await import('#proto/npd/external/v1/external_monitor.ts')
  const client = connectUnix(join(runFolder, `${monitor}.sock`))
  await client.connected(AbortSignal.timeout(20_000))
  return {
    runFolder,
    checkHealth: () => client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 }),
    async kill() {
      client.close()
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
