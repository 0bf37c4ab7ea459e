import { chmod, chown, rename } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { asNobody } from '../../../libs/rpc/testing-nobody.ts'
import { RUNG } from '../testing/questions.ts'
import { ATTEMPT, against, DEADLINE_MS, ended } from './testing-against.ts'
import { startHostileRunner } from './testing-hostile.ts'

const MEBIBYTE = 1_048_576

describe('a plug-in that runs an act and', () => {
  it('tells the end of another attempt has not told that of its own', async () => {
    const at = await against({ says: () => [ended({ attempt: '3f2a91c0-99', message: 'all done' })] })
    const end = await at.run()
    expect(end).toMatchObject({ outcome: 'lost', mayRun: true })
    expect(end.message).toBe(
      'fixer did not say how it ended: it tells of another attempt; it was called off, and may run still',
    )
    expect(at.hostile.asked).toMatchObject({ begun: 1, cancelled: 1 })
    const step = { $case: 'step', value: { attempt: '3f2a91c0-99', step: 'swept', detail: '' } } as const
    const other = await against({ says: () => [step, ended({ attempt: ATTEMPT })] })
    expect(await other.run()).toMatchObject({ outcome: 'lost', mayRun: true })
    expect(other.steps).toEqual([])
  })

  it('fails in many strange words is told in one clean line', async () => {
    const details = `no\n\u001b[31m\u202e${'x'.repeat(6_000)}`
    const at = await against({ says: () => [], fails: { code: 13, details } })
    const { message } = await at.run()
    expect(message.length).toBeLessThanOrEqual(1_024)
    expect(message).toMatch(/^fixer did not say how it ended: .*INTERNAL: no .*; it was called off, and may run still$/)
    expect(message).not.toMatch(/[\n\u001b\u202e]/)
  })

  it('speaks without end is heard for no more than a few megabytes', async () => {
    const step = { $case: 'step', value: { attempt: ATTEMPT, step: 's', detail: 'x'.repeat(500_000) } } as const
    const at = await against({ says: () => [], floods: step })
    const beforeBytes = process.memoryUsage().rss
    const { message, mayRun } = await at.run()
    expect(message).toContain('it said too much')
    expect([mayRun, at.steps.length < 64]).toEqual([true, true])
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(256 * MEBIBYTE)
  })

  it.skipIf(process.getuid?.() !== 0)('leaves its place to another user is joined by nobody there', async () => {
    const at = await against({ says: () => [], isSilent: true })
    await chmod(at.dir, 0o1777)
    const run = at.run()
    await expect.poll(() => at.hostile.asked.begun).toBe(1)
    await at.hostile.close()
    const impostor = await startHostileRunner(`${at.socket}.x`, { says: () => [ended({ message: 'all done' })] })
    onTestFinished(() => impostor.close())
    await chown(`${at.socket}.x`, 65_534, 65_534)
    await rename(`${at.socket}.x`, at.socket)
    const end = await run
    expect(end).toMatchObject({ outcome: 'lost', mayRun: true })
    expect(end.message).toMatch(
      /^fixer did not say how it ended: others may write to .*, and stand in the place of .*; it was called off, and may run still$/,
    )
    expect(impostor.asked).toEqual({ can: 0, begun: 0, joined: 0, cancelled: 0 })
    expect(at.clock.monotonicMs()).toBeLessThan(1_000_000 + DEADLINE_MS + 200_000)
  })

  it('is away for long fills no log', async () => {
    const at = await against({ says: () => [], fails: { code: 14, details: 'busy' } })
    await at.run()
    expect(at.hostile.asked.joined).toBeGreaterThan(20)
    expect(at.log.messages().filter((text) => text.startsWith('whoever runs an act is away')).length).toBeLessThan(4)
  })
})

it('is there under whatever name it says, with a thousand actions, and not there where it says ten megabytes', async () => {
  const at = await against({ says: () => [], isWell: true, describes: { actions: 1_000, words: 'w'.repeat(100) } })
  expect(await at.runner.isUp()).toBe(true)
  const vast = await against({
    says: () => [],
    isWell: true,
    describes: { actions: 1, words: 'w'.repeat(10 * MEBIBYTE) },
  })
  const beforeBytes = process.memoryUsage().rss
  for (let asks = 0; asks < 20; asks++) expect(await vast.runner.isUp()).toBe(false)
  expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(256 * MEBIBYTE)
})

it("is known to let nobody in where its socket is not this account's to open, with what to change", async () => {
  const at = await against({ says: () => [], refusal: '' })
  await chmod(at.dir, 0o755)
  await chmod(at.socket, 0o600)
  await asNobody(async () => {
    const passing = setInterval(() => void at.clock.advance(100), 10)
    const fit = await at.runner.fit(RUNG.act).finally(() => clearInterval(passing))
    expect(fit?.refusal).toMatch(
      /^no permission to connect to .*x\.sock: it has mode 0600, .*; give it mode 0660 and group gid 65534$/,
    )
  })
})
