import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startConstellation, until } from './constellation.ts'
import { CAN_MAKE_NETWORKS, layNetworks, NODE, type TwoNetworks } from './network-problem.ts'

const NPD = new URL('../../dist/npd.mjs', import.meta.url).pathname
const finished: (() => unknown)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

/** As node-problem-detector is started. */
async function startAlone(net: TwoNetworks): Promise<void> {
  const flags = [
    `--hostname-override=${NODE}`,
    `--apiserver-override=${net.apiUrl}?inClusterConfig=false`,
    `--config.custom-plugin-monitor=${net.file}`,
  ]
  const [program = '', ...words] = [...net.onNode, process.execPath, NPD, ...flags]
  const child = spawn(program, words, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  finished.push(async () => {
    child.kill('SIGTERM')
    await exited
  })
}

async function startInstalled(net: TwoNetworks): Promise<void> {
  const c = await startConstellation({
    wrap: net.onNode,
    services: ['detector', 'custom-plugin', 'k8s-exporter'],
    config: {
      settings: { nodeName: NODE, kubeconfig: net.kubeconfig },
      monitors: [],
      npd: { customPluginMonitors: [net.file] },
      exporters: { kubernetes: { enabled: true, updateInterval: '1s' } },
    },
  })
  finished.push(() => c.stop())
}

describe.skipIf(!CAN_MAKE_NETWORKS)('a network problem that nobody can be told of while it lasts', () => {
  it.for([
    ['as node-problem-detector', startAlone],
    ['as an installed set', startInstalled],
  ] as const)(
    'is told when it is over, condition and both events, in order and with their times: %s',
    { timeout: 240_000 },
    async ([, start]) => {
      const net = await layNetworks()
      finished.push(net.close)
      await start(net)
      await until('the node says that it is well', async () => (await net.condition())?.status === 'False', 30_000)
      const states = async () => (await readFile(join(net.dir, 'runs'), 'utf8')).trim().split('\n')

      const cutMs = Date.now()
      net.open('nothing')
      await until('the plug-in fails', async () => (await states()).filter((state) => state === 'down').length >= 2)
      const failedMs = Date.now()
      net.open('peer')
      await until('the plug-in is well', async () => (await states()).slice(-2).join() === 'up,up')
      const wellMs = Date.now()
      expect((await net.condition())?.status).toBe('False')
      expect(await net.events()).toEqual([])

      net.open('all')
      const events = await until(
        'both events are there',
        async () => {
          const told = await net.events()
          return told.length >= 2 ? told : undefined
        },
        120_000,
      )
      expect(events.map(({ reason }) => reason)).toEqual(['ApiServerUnreachable', 'NetworkIsUp'])
      const [down = 0, up = 0] = events.map(({ firstTimestamp }) => Date.parse(firstTimestamp))
      // Kubernetes has whole seconds.
      expect(down).toBeGreaterThanOrEqual(cutMs - 1000)
      expect(down).toBeLessThanOrEqual(failedMs)
      expect(up).toBeGreaterThanOrEqual(failedMs - 1000)
      expect(up).toBeLessThanOrEqual(wellMs)
      const condition = await until(
        'the condition is of that time',
        async () => {
          const told = await net.condition()
          return Date.parse(told?.lastTransitionTime ?? '') >= failedMs - 1000 ? told : undefined
        },
        60_000,
      )
      expect(condition).toMatchObject({ status: 'False', reason: 'NetworkIsUp' })
      expect(Date.parse(condition.lastTransitionTime)).toBeLessThanOrEqual(wellMs)
    },
  )
})
