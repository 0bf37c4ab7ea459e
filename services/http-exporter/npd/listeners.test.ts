import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { loadConfig } from '#config'
import { createLogger } from '#service'
import { httpExporterConfig } from '../config.ts'
import { createNpdListeners } from './listeners.ts'

it.each([
  ['--port', '--port'],
  ['--set exporters.npd.port=1', 'exporters.npd.port'],
])('a port of the flag %s that is taken is named by %s', async (flag, named) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const ending = new AbortController()
  onTestFinished(() => {
    ending.abort()
    taken.close()
  })
  const { port } = taken.address() as AddressInfo
  const flags = [
    { key: 'exporters.npd.enabled', value: 'true', flag },
    { key: 'exporters.npd.port', value: String(port), flag },
    { key: 'exporters.npd.prometheusPort', value: '0', flag },
  ]
  const { npd, settings } = httpExporterConfig(await loadConfig({ flags, env: {}, defaultFile: '' }))
  const answer = () => ({ status: 200, type: 'text/plain', body: '' })
  const answers = { healthz: answer, conditions: answer, metrics: answer }
  const log = createLogger({ component: 'http-exporter', format: 'json', level: 'error', write: () => undefined })
  const [listener] = createNpdListeners({ npd, settings, answers, clock: systemClock(), log })
  await listener?.start(ending.signal)
  expect(listener?.problem).toContain(`or set ${named} to a free port`)
})
