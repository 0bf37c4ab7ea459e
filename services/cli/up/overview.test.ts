import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { HEAD, parse } from '../../../libs/config/testing.ts'
import { overview } from './overview.ts'

const SCREEN = { tookMs: 1000, notes: [], clock: systemClock() }

/** The line of repairs, with these services. */
async function repairs(text: string, ...names: readonly string[]): Promise<string | undefined> {
  const running = names.map((name) => ({
    service: { name, socket: `/r/${name}/${name}.sock`, stopOrder: 1, bundle: '' },
    pid: 7,
    state: 'ready' as const,
  }))
  const lines = (await overview(parse(HEAD + text), running, SCREEN)).split('\n')
  return lines.find((line) => line.startsWith('  Repairs'))?.trim()
}

describe('the overview', () => {
  it('says of repairs whether they are done, and how to ask what, and nothing where there are none', async () => {
    expect(await repairs('', 'detector')).toBeUndefined()
    expect(await repairs('remediation: { enabled: true }\n', 'detector', 'remediator')).toMatch(
      /^Repairs +are done as they are named; what, and what holds it back: npx node-doctor plan$/,
    )
    for (const dry of [
      'remediation: { enabled: true, dryRun: true }',
      'remediation: { enabled: true }\nsettings: { dryRunMode: true }',
    ])
      expect(await repairs(`${dry}\n`, 'detector', 'remediator')).toMatch(
        /^Repairs +are told and not done, since this is a dry run;/,
      )
  })
})
