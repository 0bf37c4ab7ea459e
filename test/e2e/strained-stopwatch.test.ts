/** The stopwatch with what the kernel counts, in a real cgroup: libs/probe/README.md has the figures of longer runs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isJudged, type Sample } from '#probe'
import { cpuHierarchy, createCpuLimit } from './cpu-limit.ts'

if (cpuHierarchy() === undefined) console.log('skipped: a limit of the processor needs root and cgroups')

/** `targetLateMs`: for how long the question lay at the target, whose processor others used. */
interface Asked extends Sample {
  readonly ok: boolean
  readonly targetLateMs: number
}

interface Strain {
  /** Of a processor. */
  readonly share: number
  readonly protocol: 'udp' | 'tcp'
  readonly count: number
  /** How long the target takes. */
  readonly delayMs?: number
}

function start(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../libs/probe', program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return { child, lines: createInterface(child.stdout) }
}

/** Asks a target that is not limited, from a process that is. */
async function askStrained(port: string, { share, protocol, count, delayMs = 0 }: Strain): Promise<readonly Asked[]> {
  await using stack = new AsyncDisposableStack()
  const limit = await createCpuLimit(`nd-host-${process.pid}-${protocol}-${share}`)
  stack.defer(() => limit.remove())
  await limit.set(share)
  const prober = start('testing-strained.ts', protocol, port, String(count), '5000', '1', String(delayMs))
  const exited = once(prober.child, 'exit')
  stack.defer(async () => {
    prober.child.kill('SIGKILL')
    await exited
  })
  await once(prober.lines, 'line')
  await limit.hold(prober.child.pid ?? 0)
  const answers: Asked[] = []
  prober.lines.on('line', (line) => answers.push(JSON.parse(line)))
  prober.child.stdin.write('begin\n')
  await once(prober.lines, 'close')
  return answers
}

/** Held against a target that was well. */
function unjust(answers: readonly Asked[], limitMs: number): readonly Asked[] {
  const held = answers.filter((each) => isJudged(each, limitMs) && each.ms >= limitMs)
  return held.filter(({ targetLateMs }) => targetLateMs < limitMs / 2)
}

describe.skipIf(cpuHierarchy() === undefined).concurrent('a prober with little of a processor', () => {
  const strains: readonly Strain[] = [
    { share: 0.01, protocol: 'udp', count: 30 },
    { share: 0.01, protocol: 'tcp', count: 20 },
    { share: 0.05, protocol: 'udp', count: 200 },
    { share: 0.2, protocol: 'tcp', count: 200 },
  ]
  let echo: ReturnType<typeof start>
  let port: string
  beforeAll(async () => {
    echo = start('testing-echo.ts')
    ;[port] = (await once(echo.lines, 'line')) as [string]
  })
  afterAll(() => void echo.child.kill('SIGKILL'))

  it.each(strains)(
    'holds nothing against a target that answers at once: $share, $protocol',
    { timeout: 60_000 },
    async (strain) => {
      const answers = await askStrained(port, strain)
      expect(answers.length).toBe(strain.count)
      expect([unjust(answers, 100), unjust(answers, 1000)]).toEqual([[], []])
      // It was short of it, or nothing is shown.
      if (strain.share === 0.01) expect(Math.max(...answers.map(({ lateMs }) => lateMs))).toBeGreaterThan(50)
    },
  )

  it('holds it against a target that is slow, where it has a whole one', { timeout: 30_000 }, async () => {
    const answers = await askStrained(port, { share: 1, protocol: 'tcp', count: 10, delayMs: 300 })
    const judged = answers.filter((each) => isJudged(each, 250) && each.ms >= 250)
    // All of them on a machine that has room for it: beside others a part is not judged.
    expect(judged.length).toBeGreaterThan(5)
  })
})
