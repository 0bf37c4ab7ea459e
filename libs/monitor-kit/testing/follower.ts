/** The process of `follower-process.ts`, for tests of what outlives one that follows. */
import { join } from 'node:path'
import type { NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { connectUnix, type RpcClient } from '#rpc'
import { minimalConfig } from '../../service/testing.ts'

/** Condition types that its configuration names. */
export const FOLLOWER_TYPES: readonly string[] = ['KernelOops', 'TaskHung']

/** What it is configured to do. */
export function followerConfig(folder: string, types: readonly string[]): NodeDoctorConfig {
  const entry = {
    name: 'lines',
    type: 'lines-check',
    enabled: true,
    when: 'always' as const,
    intervalMs: 30_000,
    timeoutMs: 10_000,
    config: { types },
    dependsOn: [],
    explainedBy: [],
    monitor: 'follower',
    origin: { layer: 'file' as const, text: '' },
  }
  const config = minimalConfig({ runDir: join(folder, 'run') })
  const settings = { ...config.settings, stateDir: join(folder, 'state') }
  return { ...config, settings, monitors: [entry] }
}

/** One that runs. */
export interface FollowerProcess {
  readonly socket: string
  readonly client: RpcClient
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
}

/** Starts it over a folder in which `lines` is; resolves when it listens. */
export async function startFollower(folder: string): Promise<FollowerProcess> {
  const main = join(import.meta.dirname, 'follower-process.ts')
  const child = await createHost({ root: '' }).programs.start(process.execPath, [main, folder], {
    dieWithParent: true,
    // Its sources are compiled once for all tests, where that is said.
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  })
  const socket = join(folder, 'run/monitors/follower/follower.sock')
  const client = connectUnix(socket)
  await client.connected(AbortSignal.timeout(20_000))
  return {
    socket,
    client,
    async kill() {
      client.close()
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
