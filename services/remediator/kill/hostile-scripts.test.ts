/** Scripts that mean no good, and words that would be commands, through both processes that repair: a real systemd, a real bus. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoRemediation } from '#wire/remediation'
import { whyNoSystemd } from '../../../libs/host/units/testing-systemd.ts'
import { type Check, type KillWorld, LEFT_SECONDS, startKillWorld } from './testing-world.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`hostile scripts: ${why}`)

type Ended = Extract<Remediation, { kind: 'ended' }>

/** Processes of this machine, and of all that run on it, with so long to sleep. */
function left(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(LEFT_SECONDS)
    } catch {
      return false
    }
  })
}

describe.skipIf(why !== '')('a script that is run for a problem', () => {
  let world: KillWorld
  beforeAll(async () => {
    world = await startKillWorld()
    await world.until('both run', () => world.records().then(() => true))
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose](), 30_000)

  /** Its end, and that its problem was proven gone. */
  async function repaired(check: Check, message = 'it is broken'): Promise<Ended> {
    const isMended = async (fingerprint: string) => readdirSync(join(world.shared, 'mended')).includes(fingerprint)
    const { fingerprint } = await world.ails(check, `x:${check}`, isMended, { message })
    const about = async () =>
      (
        await world.ask((client) => client.call(RemediatorService.history, { limit: 100, fingerprint, before: 0 }))
      ).records.flatMap((record) => fromProtoRemediation(record, new Date(0))?.what ?? [])
    await world.until(`${check} is repaired`, async () => (await about()).some(({ kind }) => kind === 'verified'))
    const all = await about()
    expect(all.find(({ kind }) => kind === 'verified')).toMatchObject({ verdict: 'proven' })
    const ended = all.find((what): what is Ended => what.kind === 'ended')
    if (ended === undefined) throw new Error('it has not ended')
    return ended
  }

  it('may write ten megabytes: the beginning and the end of it are told', async () => {
    const { outcome, output, isOutputCut } = await repaired('loud')
    expect([outcome, isOutputCut]).toEqual(['succeeded', true])
    expect(output.length).toBeLessThanOrEqual(65_536)
    expect([output.startsWith('xxxx'), output.endsWith('xxxxover\n')]).toEqual([true, true])
    expect([world.remediator.starts, world.hostActions.starts]).toEqual([1, 1])
  }, 20_000)

  it('leaves nothing behind, whatever it forks away', async () => {
    expect(await repaired('forks')).toMatchObject({ outcome: 'succeeded', exitCode: 0 })
    expect(Number(readFileSync(join(world.shared, 'left'), 'utf8'))).toBeGreaterThanOrEqual(2)
    await expect.poll(left, { timeout: 5_000 }).toEqual([])
  }, 20_000)

  it('has the words of its problem as they are: no shell reads them, and no terminal would', async () => {
    const commands = `$(touch ${world.shared}/pwned) \`touch ${world.shared}/pwned\` "; touch ${world.shared}/pwned; ' & | > < * \\ %n %i`
    await repaired('words', `${commands}\nPROBLEM_TYPE=other\tend\0nul\u001b[31mred`)
    const told = new Map(
      readFileSync(join(world.shared, 'environment'), 'utf8')
        .split('\0')
        .map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
    )
    const message = told.get('PROBLEM_MESSAGE') ?? ''
    expect(message.startsWith(`${commands}\nPROBLEM_TYPE=other\tend`)).toBe(true)
    expect([message.includes('nul'), message.includes('red'), message.includes('\u001b')]).toEqual([true, true, false])
    expect(told.get('PROBLEM_TYPE')).toBe('custom-script')
    expect(readdirSync(world.shared)).not.toContain('pwned')
  }, 20_000)
})
