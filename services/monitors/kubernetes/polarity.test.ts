import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { runtimeFolder, startFakeRuntime } from '../../../libs/cri/testing.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const STATUS = { true: 1, false: 2 } as const

const ready = (type: string, status: boolean) => ({ type, status, reason: '', message: '' })

test('True is the problem, on the wire too, of the real process at a runtime that answers', async () => {
  await using folder = await runtimeFolder()
  const status = {
    status: { conditions: [ready('RuntimeReady', true), ready('NetworkReady', false)] },
    ...{ info: {}, runtimeHandlers: [], features: undefined },
  }
  await using _runtime = await startFakeRuntime(folder.socket, { status })
  const own = join(folder.path, 'own')
  await mkdir(own)
  const config = { criSocket: `unix://${folder.socket}`, failureThreshold: 1 }
  const monitors = [{ name: 'runtime', type: 'kubernetes-runtime-check', config }]
  const monitor = await startMonitorProcess({ main: MAIN, monitor: 'kubernetes', folder: own, monitors })
  const expected = [
    ['ContainerRuntimeUnhealthy', STATUS.false],
    ['PodNetworkNotReady', STATUS.true],
    ['PodsStuck', STATUS.false],
  ]
  await expect
    .poll(async () => (await monitor.checkHealth()).conditions.map(({ type, status: said }) => [type, said]), {
      timeout: 10_000,
    })
    .toEqual(expect.arrayContaining(expected))
  await monitor.kill()
})
