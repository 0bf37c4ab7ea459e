import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HostReadError } from '#host'
import { fakeClock } from '../../libs/clock/testing.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { identityOf } from './machine-id.ts'
import { openSafety } from './safety/safety.ts'

const { signal } = new AbortController()
const failing = (code: string) => new HostReadError({ action: 'read', path: '/etc/machine-id', code })

/** A host whose file says this, one after another. */
function read(...answers: (string | Error)[]) {
  const clock = fakeClock()
  const { log } = keepLog('remediator')
  const readText = async (): Promise<string> => {
    const answer = answers.shift() ?? ''
    if (answer instanceof Error) throw answer
    return answer
  }
  const identity = identityOf({ host: { files: { readText } } as never, nodeName: 'w1', clock, log }, signal)
  return { identity, clock }
}

describe('whose journal it is', () => {
  it('is read again where it cannot be read, and says who the machine was before it had an id', async () => {
    const { identity, clock } = read(failing('TIMEOUT'), failing('EIO'), 'abc\n')
    await clock.advance(12_000)
    expect(await identity).toEqual({ machineId: 'abc', identity: 'abc', formerly: ['node w1'] })
  })

  it.each([failing('ENOENT'), '', 'uninitialized\n'])(
    'is the name of the node where there is no id: %o',
    async (said) => {
      expect(await read(said).identity).toEqual({ machineId: '', identity: 'node w1', formerly: [] })
    },
  )

  it('goes on with a journal of before the id, and with none of another machine', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-identity-'))
    const { log } = keepLog('remediator')
    const open = async (machineId: string, formerly: readonly string[]) => {
      const safety = await openSafety({
        ...{ dir, machineId, formerly, bootId: 'b1', version: '1', clock: fakeClock(), log, segmentBytes: 65_536 },
        onRecord: () => undefined,
      })
      const { trouble } = safety
      await safety.close()
      return trouble
    }
    expect(await open('node w1', [])).toBeUndefined()
    expect(await open('abc', ['node w1'])).toBeUndefined()
    expect(await open('abc', ['node w2'])).toMatch(/it is of machine node w1, this is abc/)
    await rm(dir, { recursive: true })
  })
})
