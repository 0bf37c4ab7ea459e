/** Of a gateway that answered before, what was confirmed before its answers are missing proves nothing. */
import { describe, expect, it } from 'vitest'
import { createHost, type RunResult } from '#host'
import { handClock } from '#monitor-kit/testing'
import type { Silence } from './memory.ts'
import { DOUBT_MS, watchNeighbour } from './neighbour.ts'

const SAID: RunResult = { exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, truncated: false }

/** A gateway, of which the table says so now. */
function startGateway(hasAnswered = true) {
  const clock = handClock()
  const { programs } = createHost({ root: '' })
  let entry: object = {}
  const stdout = () => JSON.stringify([{ dst: '10.0.0.1', dev: 'eth0', ...entry }])
  const run = (): Promise<RunResult> => Promise.resolve({ ...SAID, stdout: stdout() })
  const host = createHost({ root: '', programs: { ...programs, run } })
  let silence: Silence | undefined
  return {
    pass: (ms: number) => clock.pass(ms),
    /** What a look makes of an entry, that was confirmed so many seconds ago. */
    async sees(state: string, confirmed?: number) {
      entry = { confirmed, state: [state] }
      const watch = watchNeighbour(host, clock, { link: 'eth0', hasAnswered, silence })
      const seen = await watch.state('10.0.0.1', new AbortController().signal)
      silence = watch.silence
      return watch.isDoubtful ? 'doubtful' : seen
    },
  }
}

describe('a gateway that answers no more', () => {
  it('is dead once the kernel gave it up, and until then in doubt', async () => {
    const { sees, pass } = startGateway()
    expect(await sees('REACHABLE', 0)).toBe('doubtful')
    pass(10_000)
    expect(await sees('REACHABLE', 10)).toBe('doubtful')
    pass(10_000)
    expect(await sees('STALE', 20)).toBe('doubtful')
    expect(await sees('DELAY', 20)).toBe('doubtful')
    expect(await sees('PROBE', 20)).toBe('doubtful')
    expect(await sees('FAILED', 28)).toBe('FAILED')
    expect(await sees('INCOMPLETE', 28)).toBe('INCOMPLETE')
  })

  it('lives where it has confirmed its address since, and is not doubted again while it answers nothing', async () => {
    const { sees, pass } = startGateway()
    expect(await sees('REACHABLE', 25)).toBe('doubtful')
    pass(10_000)
    // `ip` counts whole seconds: that may have been just before.
    expect(await sees('DELAY', 10)).toBe('doubtful')
    expect(await sees('DELAY', 9)).toBe('REACHABLE')
    pass(30_000)
    expect(await sees('REACHABLE', 39)).toBe('REACHABLE')
    expect(await sees('STALE', 39)).toBe('STALE')
    expect(await sees('FAILED', 39)).toBe('FAILED')
  })

  it('is not held in doubt for ever by a kernel that believes for hours', async () => {
    const { sees, pass } = startGateway()
    expect(await sees('REACHABLE', 5)).toBe('doubtful')
    pass(DOUBT_MS)
    expect(await sees('REACHABLE', 65)).toBe('REACHABLE')
    expect(await sees('STALE', 65)).toBe('STALE')
  })

  it('is judged as it is where nobody says when it was confirmed, and where it may not be asked for', async () => {
    const { sees } = startGateway()
    expect(await sees('PERMANENT', 500)).toBe('PERMANENT')
    expect(await sees('NOARP', 500)).toBe('NOARP')
    expect(await sees('REACHABLE')).toBe('REACHABLE')
  })

  it('is not doubted where it never answered', async () => {
    const { sees } = startGateway(false)
    expect(await sees('REACHABLE', 30)).toBe('REACHABLE')
    expect(await sees('STALE', 30)).toBe('STALE')
  })
})
