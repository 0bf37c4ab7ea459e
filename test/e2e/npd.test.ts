/** `node-doctor npd` as whoever starts and ends it meets it: flags, exit codes, signals, ports. */
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../libs/bus/testing.ts'
import { until } from './constellation.ts'
import { lineOf, logFile, NODE, npdPlace, untilCondition } from './npd.ts'

const place = npdPlace()
const LOG = '--config.system-log-monitor'

/** Words, exit code, and what is on standard output and standard error. */
const COMMAND_LINES = [
  [['--version'], 0, /^\d+\.\d+\.\d+\S*\n$/, /^$/],
  [['--help'], 0, /^$/, /--config\.system-log-monitor[\s\S]*--kube-api-qps[\s\S]*--npd-compat/],
  [['--no-such-flag'], 2, /^$/, /unknown flag: --no-such-flag/],
  [[], 2, /^$/, /no file says what to watch/],
  [[`${LOG}=/none.json`], 255, /^$/, /\/none\.json[\s\S]*all files are bad/],
  [[`${LOG}=/none.json`, '--set', 'nonsense'], 2, /^$/, /--set nonsense: expected KEY=VALUE/],
  [[`${LOG}=/none.json`, '--enable-k8s-exporter=false', '--prometheus-port=0'], 255, /^$/, /nobody is told/],
  [[`${LOG}=/none.json`, '--npd-compat=B99'], 2, /^$/, /B99/],
  [[`${LOG}=/none.json`, '--apiserver-override=::bad'], 2, /^$/, /apiserver/],
] as const

async function files(): Promise<string> {
  await place.write('kern.log', '')
  return place.write('kernel.json', logFile(`${place.dir}/kern.log`, 'KernelDeadlock'))
}

describe('node-doctor npd', () => {
  it('ends as node-problem-detector does where there is nothing to run, and says why', async () => {
    const ends = COMMAND_LINES.map(async ([words, code, out, err]) => {
      const npd = await place.start([...words], { isBare: true })
      expect([words, await npd.ended, npd.printed]).toEqual([
        words,
        code,
        { out: expect.stringMatching(out) as unknown, err: expect.stringMatching(err) as unknown },
      ])
    })
    await Promise.all(ends)
  })

  it('says the same through node-doctor', async () => {
    const ends = await Promise.all(
      [['--version'], ['--no-such-flag'], [`${LOG}=/none.json`]].map(
        async (words) => (await place.start(words, { by: 'bin', isBare: true })).ended,
      ),
    )
    expect(ends).toEqual([0, 2, 255])
  })

  it('ends at a signal with 0, in time, and leaves nothing behind, through node-doctor too', async () => {
    const file = await files()
    for (const [by, signal] of [
      ['npd', 'SIGTERM'],
      ['bin', 'SIGINT'],
    ] as const) {
      const npd = await place.start([`${LOG}=${file}`], { by })
      await until('it answers', () => npd.ask('/healthz').then((told) => told === 'ok'), 30_000)
      const { code, ms } = await npd.end(signal)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(5000)
      expect(await npd.ask('/healthz')).toBeUndefined()
    }
    expect(await place.leftFolders()).toEqual([])
  })

  it('ends at a signal while it starts, too', async () => {
    const npd = await place.start([`${LOG}=${await files()}`])
    await until('it has begun', async () => (await place.leftFolders()).length > 0)
    const { code, ms } = await npd.end()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(5000)
    expect(await place.leftFolders()).toEqual([])
  })

  it('waits for an API server that is away, and ends in time when it goes or does not answer', async () => {
    await place.api.down()
    const npd = await place.start([`${LOG}=${await files()}`])
    await until('it answers', () => npd.ask('/conditions').then((told) => told?.includes('KernelDeadlock')), 30_000)
    await place.api.up()
    await untilCondition(place, 'KernelDeadlock', 'False NoProblem')
    place.api.setLatency(60_000)
    await place.append('kern.log', lineOf('task docker hangs'))
    await until('it was seen', () => npd.ask('/conditions').then((told) => told?.includes('"True"')))
    const { code, ms } = await npd.end()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(5000)
  })

  it('says which port is taken, watches all the same, and takes the port when it is free', async () => {
    const metrics = await freePort()
    const holder = createServer((_, response) => response.end('other'))
    await new Promise<void>((resolve) => holder.listen(metrics, '127.0.0.1', resolve))
    const npd = await place.start([`${LOG}=${await files()}`], { ports: { own: await freePort(), metrics } })
    await untilCondition(place, 'KernelDeadlock', 'False NoProblem')
    await until('it says so', () => npd.printed.out.includes(`127.0.0.1:${metrics}`))
    expect(npd.printed.out).toContain('EADDRINUSE')
    await new Promise((resolve) => holder.close(resolve))
    await until(
      'the port is its own',
      () => npd.ask('/metrics').then((told) => told?.includes('problem_counter')),
      30_000,
    )
  })

  it('runs beside others, each for itself, and by its environment’s name of the node', async () => {
    place.api.addNode('worker-2')
    const file = await files()
    const first = await place.start([`${LOG}=${file}`])
    const second = await place.start(
      [
        `${LOG}=${file}`,
        `--apiserver-override=${place.api.url}?inClusterConfig=false`,
        '--port=0',
        '--prometheus-port=0',
      ],
      { isBare: true, env: { NODE_NAME: 'worker-2' } },
    )
    const on = (name: string) => place.api.node(name)?.status?.conditions?.some(({ type }) => type === 'KernelDeadlock')
    await until('both wrote', () => on(NODE) === true && on('worker-2') === true, 30_000)
    expect((await Promise.all([first.end(), second.end()])).map(({ code }) => code)).toEqual([0, 0])
  })
})
