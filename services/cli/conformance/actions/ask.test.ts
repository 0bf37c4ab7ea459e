import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../../testing.ts'
import { runDirOfTests } from '../../testing-run-dir.ts'
import type { RuleResult } from '../types.ts'
import { ACTION, type Forgets, startActor } from './testing-actor.ts'

const place = runDirOfTests()

/** What is said of one that forgets that, of the rules that are asked for actions. */
async function heldAgainst(forgets: Forgets): Promise<readonly RuleResult[]> {
  const path = `${place.dir}/sweeper.sock`
  onTestFinished((await startActor(path, forgets)).end)
  const { out } = await runCommand('conformance', path, '--runs', ACTION, '--idle', '5ms', '-o', 'json')
  return (JSON.parse(out) as { rules: RuleResult[] }).rules.filter(({ id }) => id.startsWith('action'))
}

async function brokenBy(forgets: Forgets): Promise<readonly string[][]> {
  return (await heldAgainst(forgets)).filter(({ result }) => result === 'fail').map(({ id, detail }) => [id, detail])
}

describe('a plug-in that carries out an action', () => {
  it('keeps all that is asked of it, and is seen to begin nothing that was given up while it was stopped', async () => {
    const rules = await heldAgainst('nothing')
    expect(rules.filter(({ result }) => result !== 'pass')).toEqual([])
    expect(rules.find(({ id }) => id === 'action-late')?.detail).toBe('it was not begun')
  })

  it.each<[Forgets, string, RegExp]>([
    ['attempts', 'action-once', /^a second Run beside it does not say that it joined/],
    [
      'called off',
      'action-called-off',
      /^called off before it came, it is begun, and ends as "swept for .*; keep the names of both in memory/,
    ],
    ['lost', 'action-called-off', /^told to be LOST before it came, it is begun, and ends as "swept for /],
    ['time', 'action-late', /^behind its time it is begun, and ends as "swept for .*; compare it with CLOCK_MONOTONIC/],
    ['a stop', 'action-late', /^given up while the plug-in was stopped, it is begun, and ends as "swept for /],
  ])('and forgets %s breaks %s', async (forgets, rule, detail) => {
    expect(await brokenBy(forgets)).toEqual([[rule, expect.stringMatching(detail)]])
  })
})
