/** The http-exporter in its container's memory, with every series that plug-ins may tell, asked ten times a second. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort, startTestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { NODE_ENV, nodeFlagsOf } from '../../services/cli/up/node-flags.ts'
import { MAX_PLUGIN_SERIES, MAX_SERIES_PER_MONITOR } from '../../services/http-exporter/metrics/sample-table.ts'
import { ensureBuilt, until } from '../e2e/constellation.ts'
import { createMemoryLimit, type MemoryLimit, memoryHierarchy } from '../e2e/memory-limit.ts'

const MIB = 1024 ** 2
/** `limits.memory` of its container in every manifest. */
const LIMIT_BYTES = 96 * MIB
const SECONDS = 60
const A_SECOND = 10
/** How often a monitor tells. */
const TOLD_MS = 10_000

const finished: (() => unknown)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

/** The container: the flags of the image, and no heap flag, so that Node chooses by the limit that it finds. */
async function startExporter(runDir: string, wrap: MemoryLimit['wrap']) {
  ensureBuilt()
  const dir = await mkdtemp(join(tmpdir(), 'nd-scrapes-'))
  finished.push(() => rm(dir, { recursive: true, force: true }))
  const [hostPort, port] = [await freePort(), await freePort()]
  const config = {
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'test' },
    settings: { nodeName: 'worker-7', runDir, stateDir: join(dir, 'state'), logFormat: 'json' },
    exporters: {
      http: { enabled: true, bindAddress: '127.0.0.1', hostPort },
      prometheus: { enabled: true, bindAddress: '127.0.0.1', port },
    },
  }
  const file = join(dir, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const bundle = join(import.meta.dirname, '../../dist/http-exporter.mjs')
  const [shell, ...args] = [...wrap, process.execPath, ...nodeFlagsOf('http-exporter'), bundle, '--config', file]
  const child = spawn(shell, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '', ...NODE_ENV },
  })
  finished.push(() => ended(child))
  return { child, ready: `http://127.0.0.1:${hostPort}/ready`, metrics: `http://127.0.0.1:${port}/metrics` }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

/** As many series as are taken, each plug-in's under names of its own, and ever other values. */
function tell(detector: TestDetector, round: number): void {
  for (let plugin = 0; plugin < MAX_PLUGIN_SERIES / MAX_SERIES_PER_MONITOR; plugin++) {
    const samples = Array.from({ length: MAX_SERIES_PER_MONITOR }, (_, i) => ({
      name: `vendor${plugin}_reading${i}_celsius`,
      labels: { device: `/dev/disk/by-path/pci-0000:00:1f.2-ata-${i}`, direction: 'read' },
      value: i + round / 2,
    }))
    detector.metrics(`vendor-plugin-${plugin}`, samples)
  }
}

interface Scraped {
  readonly status: number
  readonly bytes: number
  readonly series: number
}

/** One scrape on a connection of its own, as of ten who ask: its bytes, and how many series of plug-ins stand in them. */
function scrape(url: string): Promise<Scraped> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, timeout: 30_000 }, (response) => {
      let bytes = 0
      let series = 0
      let rest = ''
      response.setEncoding('latin1')
      response.on('data', (chunk: string) => {
        bytes += chunk.length
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.startsWith('node_doctor_vendor')) series++
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes, series }))
      response.on('error', reject)
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')))
    asked.on('error', reject)
    asked.end()
  })
}

describe.skipIf(memoryHierarchy() === undefined)('the http-exporter in 96 MiB without swap', () => {
  it('answers ten scrapes a second for a minute, with all that plug-ins may tell', async () => {
    const bus = await startTestBus()
    finished.push(() => bus.close())
    const detector = await startTestDetector(bus)
    const limit = await createMemoryLimit(`node-doctor-scrapes-${process.pid}`, LIMIT_BYTES)
    finished.push(() => limit.remove())
    const { child, ready, metrics } = await startExporter(bus.dir, limit.wrap)
    const beats = setInterval(() => detector.heartbeat(), 1000)
    finished.push(() => clearInterval(beats))
    await until('it is ready', async () => (await fetch(ready)).ok, 60_000)
    const startedBytes = await limit.peakBytes()

    const answers: Promise<Scraped | Error>[] = []
    let round = 0
    const tellings = setInterval(() => tell(detector, ++round), TOLD_MS)
    finished.push(() => clearInterval(tellings))
    tell(detector, ++round)
    await until('every series stands there', async () => (await scrape(metrics)).series === MAX_PLUGIN_SERIES, 60_000)
    await new Promise<void>((resolve) => {
      let waiting = 0
      const asking = setInterval(() => {
        // Of one address no more than so many are let in at a time.
        if (waiting < A_SECOND) {
          waiting++
          answers.push(
            scrape(metrics)
              .catch((err: Error) => err)
              .finally(() => waiting--),
          )
        }
        if (answers.length < SECONDS * A_SECOND && child.exitCode === null && child.signalCode === null) return
        clearInterval(asking)
        resolve()
      }, 1000 / A_SECOND)
    })
    const all = await Promise.all(answers)

    const failed = all.filter((one) => one instanceof Error)
    const given = all.flatMap((one) => (one instanceof Error ? [] : [one]))
    const peakBytes = await limit.peakBytes()
    process.stdout.write(
      `  ${given.length} scrapes of ${(Math.max(...given.map(({ bytes }) => bytes)) / MIB).toFixed(1)} MiB; peak ${(peakBytes / MIB).toFixed(1)} MiB, after its start ${(startedBytes / MIB).toFixed(1)} MiB\n`,
    )
    expect({ exit: child.exitCode, signal: child.signalCode, kills: await limit.kills() }).toEqual({
      exit: null,
      signal: null,
      kills: 0,
    })
    expect(failed).toEqual([])
    expect([...new Set(given.map(({ status }) => status))]).toEqual([200])
    expect(Math.min(...given.map(({ series }) => series))).toBe(MAX_PLUGIN_SERIES)
  }, 300_000)
})
