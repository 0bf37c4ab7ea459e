import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { serveUnix } from '#rpc'
import { SERVICES } from '#service-table'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { FROZEN_MS, STARTING_MS } from './looks.ts'
import { COMPILING_ENV, NODE_ENV, NODE_FLAGS, nodeEnvOf, nodeFlagsOf } from './node-flags.ts'
import { type Supervised, supervise } from './supervise.ts'

function textOf(file: string): string {
  return readFileSync(new URL(`../../../deploy/images/${file}`, import.meta.url), 'utf8')
}

describe('what keeps a process small', () => {
  it('is the same under up as in the image', () => {
    const calm = Object.keys(SERVICES).filter((name) => nodeFlagsOf(name).length > NODE_FLAGS.length)
    const more = nodeFlagsOf('k8s-exporter').slice(NODE_FLAGS.length)
    expect(textOf('entrypoint.sh')).toContain(`local flags=(${NODE_FLAGS.join(' ')})`)
    expect(textOf('entrypoint.sh')).toContain(`  ${calm.sort().join(' | ')}) flags+=(${more.join(' ')}) ;;`)
    expect(nodeFlagsOf('detector')).toEqual(NODE_FLAGS)
    const settings = Object.entries(NODE_ENV).map(([name, value]) => `${name}=${value}`)
    expect(textOf('Dockerfile')).toContain(` ${settings.join(' ')} `)
    const other = Object.entries(COMPILING_ENV).map(([name, value]) => `${name}=${value}`)
    expect(textOf('entrypoint.sh')).toContain(`  log) export ${other.join(' ')} ;;`)
    expect([nodeEnvOf('log'), nodeEnvOf('detector')]).toEqual([{ ...NODE_ENV, ...COMPILING_ENV }, NODE_ENV])
  })
})

it('a process counts as frozen after as long as with the probes of our pods', () => {
  const probes = readFileSync(new URL('../../../deploy/kustomize/base/daemonset.yaml', import.meta.url), 'utf8')
  const figures = /livenessProbe:\s+exec: .*\s+periodSeconds: (\d+)\s+timeoutSeconds: 5\s+failureThreshold: (\d+)/.exec(
    probes,
  )
  const start =
    /startupProbe:\s+exec: .*\s+initialDelaySeconds: (\d+)\s+periodSeconds: (\d+)\s+timeoutSeconds: 5\s+failureThreshold: (\d+)/.exec(
      probes,
    )
  const silent = /-gt (\d+)/.exec(textOf('alive.sh'))?.[1]
  expect(FROZEN_MS / 1000).toBe(Number(silent) + Number(figures?.[1]) * (Number(figures?.[2]) - 1))
  expect(STARTING_MS / 1000).toBe(Number(start?.[1]) + Number(start?.[2]) * Number(start?.[3]))
})

/** What a service does beside its socket: it is there, it is ready, and its event loop turns. */
const SERVICE = `
import { utimesSync, writeFileSync } from 'node:fs'
const [, , folder] = process.argv
for (const name of ['alive', 'ready']) writeFileSync(folder + '/' + name, '')
setInterval(() => utimesSync(folder + '/alive', new Date(), new Date()), 5)
`

describe('a supervised service', () => {
  let dir = ''
  let clock: FakeClock
  let states: string[] = []
  let running: Supervised
  const stopped = { ended: false }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nd-supervise-'))
    clock = fakeClock()
    states = []
    stopped.ended = false
    const bundle = join(dir, 'service.mjs')
    writeFileSync(bundle, SERVICE)
    running = supervise({
      service: { name: 'part', socket: join(dir, 'part.sock'), stopOrder: 1 },
      bundle,
      args: [dir],
      clock,
      onState: (_name, state, detail) => states.push(detail === '' ? state : `${state}: ${detail}`),
      onLine: (_name, line) => states.push(line),
    })
    void running.ended.then(() => {
      stopped.ended = true
    })
  })
  afterEach(async () => {
    await running.stop(2000)
    rmSync(dir, { recursive: true })
  })

  /** Looks until the last state is this; only looks move the clock. */
  async function becomes(state: string | RegExp, stepMs = 100): Promise<void> {
    await expect
      .poll(
        async () => {
          await clock.advance(stepMs)
          return states.at(-1)
        },
        { timeout: 10_000, interval: 5 },
      )
      .toMatch(state)
  }

  it('that is killed is seen at once, and started again', async () => {
    await becomes('ready')
    const { pid } = running
    running.signal('SIGKILL')
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toMatch(/^ended: SIGKILL; starts again in 0\.\d s$/)
    await becomes(/^ready$/)
    expect([states.length, running.restarts, running.pid === pid]).toEqual([4, 1, false])
  })

  it('that is stopped in its tracks is not ready after 15 s, and is again when it goes on', async () => {
    await becomes('ready')
    running.signal('SIGSTOP')
    await clock.advance(2000)
    await clock.advance(12_000)
    expect(states).toEqual(['ready'])
    await clock.advance(6000)
    expect(states).toEqual(['ready', 'not ready'])
    running.signal('SIGCONT')
    await becomes(/^ready$/)
    expect(running.restarts).toBe(0)
  })

  it('that is frozen for as long as a kubelet would wait is killed and started again, and that is said once', async () => {
    await becomes('ready')
    const { pid } = running
    running.signal('SIGSTOP')
    await clock.advance(79_000)
    // It may be started again within that time already.
    await expect.poll(() => states.some((state) => state.startsWith('ended')), { timeout: 10_000 }).toBe(true)
    expect(states.slice(0, 4)).toEqual([
      'ready',
      'not ready',
      expect.stringMatching(/^not ready: not ready for 60 s$/),
      expect.stringMatching(/^ended: did not answer for 75 s and was killed; starts again in \d\.\d s$/),
    ])
    await becomes(/^ready$/)
    expect([running.restarts, running.pid === pid]).toEqual([1, false])
  }, 20_000)

  it('that answers is not killed, though its folder takes no sign of life', async () => {
    await becomes('ready')
    running.signal('SIGSTOP')
    const asked = Promise.withResolvers<void>()
    // In place of a process that turns and cannot write: the one that stands still is asked at its socket.
    const serving = () => {
      asked.resolve()
      return true
    }
    const server = await serveUnix({ path: join(dir, 'part.sock'), services: [], serving })
    onTestFinished(() => server.close(0))
    await clock.advance(80_000)
    await asked.promise
    await clock.advance(60_000)
    expect([states.at(-1), running.restarts]).toEqual(['not ready: not ready for 60 s', 0])
    running.signal('SIGCONT')
    await becomes(/^ready$/)
  }, 20_000)

  it('is not taken for frozen by a supervisor that was stopped with it and went on', async () => {
    await becomes('ready')
    const { pid } = running
    running.signal('SIGSTOP')
    await clock.advance(4000)
    const { monotonicMs } = clock
    clock.monotonicMs = () => monotonicMs() + 3_600_000
    await clock.advance(60_000)
    running.signal('SIGCONT')
    await becomes(/^ready$/)
    expect([running.restarts, running.pid]).toEqual([0, pid])
  }, 20_000)

  it('that is asked to start anew ends in order and is started at once, which is no failure', async () => {
    await becomes('ready')
    for (const life of [1, 2, 3]) {
      const { pid } = running
      running.restart()
      await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('starting: anew, as it was asked for')
      await becomes(/^ready$/)
      expect([running.restarts, running.pid === pid, states.length]).toEqual([0, false, 1 + 2 * life])
    }
  }, 20_000)

  it('that waits for its next start has it at once when it is asked to start anew', async () => {
    await becomes('ready')
    running.signal('SIGKILL')
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toMatch(/^ended: SIGKILL/)
    expect(running.pid).toBe(undefined)
    running.restart()
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('starting')
    await becomes(/^ready$/)
  }, 20_000)

  it('that is asked to start anew while everything is being stopped stays stopped', async () => {
    await becomes('ready')
    running.startNoMore()
    running.restart()
    await running.ended
    expect(states).toEqual(['ready', 'stopped'])
  })

  it('that ends while everything is being stopped is not started again, and nobody says so', async () => {
    await becomes('ready')
    running.startNoMore()
    running.signal('SIGKILL')
    await running.ended
    await running.stop(2000)
    expect([states, running.restarts, clock.sleeping]).toEqual([['ready', 'stopped'], 0, 0])
  })

  it.each([0, 1, 2, 3, 5, 8])(
    'that is stopped %i turns after its start, being started, ends and is not left',
    async (turns) => {
      const late = supervise({
        service: { name: 'late', socket: join(dir, 'late.sock'), stopOrder: 1 },
        bundle: join(dir, 'service.mjs'),
        args: [dir],
        clock: systemClock(),
        onState: () => undefined,
        onLine: () => undefined,
      })
      onTestFinished(() => late.signal('SIGKILL'))
      let hasEnded = false
      void late.ended.then(() => {
        hasEnded = true
      })
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await late.stop(10_000)
      expect([hasEnded, late.state, late.pid]).toEqual([true, 'stopped', undefined])
    },
  )

  it('ends when it is asked to, and no look follows', async () => {
    await becomes('ready')
    await running.stop(2000)
    expect([states, stopped.ended]).toEqual([['ready', 'stopping', 'stopped'], true])
    await clock.advance(60_000)
    expect([states.length, clock.sleeping]).toEqual([3, 0])
  })

  it('that is not ready for a minute is said once, looked at seldom from then on, and ready when it is', async () => {
    await becomes('ready')
    rmSync(join(dir, 'ready'))
    await becomes(/^not ready/, 1000)
    const said = states.length
    await becomes(/^not ready: not ready for 60 s$/, 1000)
    let looks = 0
    const { monotonicMs } = clock
    clock.monotonicMs = () => {
      looks++
      return monotonicMs()
    }
    utimesSync(join(dir, 'alive'), new Date(), new Date())
    await clock.advance(40_000)
    expect(looks).toBeLessThan(30)
    expect(states.slice(said)).toEqual(['not ready: not ready for 60 s'])
    writeFileSync(join(dir, 'ready'), '')
    await becomes('ready', 500)
  })
})
