/** What it costs to ask the container runtime of a full node: lists of 250, and one that is too large. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type CriClient, createCriClient } from '../../libs/cri/index.ts'
import { reportFigure } from './figure.ts'

const LOOKS = 30
/** A look comes when the process has done something else meanwhile. */
const PAUSE_MS = 100
const MIB = 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'nd-bench-cri-'))
const children: ChildProcess[] = []

async function serve(name: string, pods: number, containers: number): Promise<string> {
  const path = join(folder, name)
  const args = [join(import.meta.dirname, 'cri/serve.ts'), path, String(pods), String(containers)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await new Promise((ready) => child.stdout.once('data', ready))
  return path
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Each look of a client of its own, as a check has it. */
async function looks(path: string, ask: (client: CriClient) => Promise<{ readonly ok: boolean }>): Promise<number[]> {
  const costs: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    const cost = await cpuMs(async () => {
      const client = createCriClient(path)
      if (!(await ask(client)).ok) throw new Error('the runtime of the benchmark did not answer')
      client.close()
    })
    costs.push(cost)
    await delay(PAUSE_MS)
  }
  return costs
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

try {
  const full = await serve('full.sock', 110, 250)
  const [first = 0, ...later] = await looks(full, (client) => client.containers())
  const version = median(await looks(full, (client) => client.version()))
  reportFigure({ name: 'CPU of the first list of 250 containers', value: first, unit: 'ms' })
  reportFigure({
    name: 'CPU of a list of 250 containers, connection included',
    value: median(later),
    unit: 'ms',
    budget: { max: 20 },
    comparedWith: { name: 'Version, connection included', value: version },
  })
  const whole = await looks(full, async (client) => {
    const answers = await Promise.all([client.version(), client.status(), client.sandboxes(), client.containers()])
    return { ok: answers.every(({ ok }) => ok) }
  })
  reportFigure({
    name: 'CPU of a whole look: 110 pods, 250 containers',
    value: median(whole),
    unit: 'ms',
    budget: { max: 30 },
  })

  const huge = await serve('huge.sock', 0, 10_000)
  const before = process.memoryUsage().rss
  const client = createCriClient(huge)
  const answer = await client.containers()
  if (answer.ok || answer.failure.kind !== 'too-large') throw new Error('10,000 containers were not told as too large')
  client.close()
  const grownMiB = (process.memoryUsage().rss - before) / MIB
  reportFigure({
    name: 'memory that a list of 10,000 containers took',
    value: grownMiB,
    unit: 'MiB',
    budget: { max: 16 },
  })
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
