import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { startCheck } from '#monitor-kit/testing'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { npdPlugin } from './check.ts'
import { schema } from './config.ts'

const NTP = { type: 'NTPProblem', reason: 'NTPIsUp', message: 'ntp service is up' }

/** A file of rules in a folder, whose scripts are written there. */
async function startFile(folder: string, scripts: Readonly<Record<string, string>>, more: object) {
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  const config = schema.parse({ path: '/f.json', source: 'ntp-monitor', conditions: [NTP], ...more })
  return startCheck(npdPlugin, { root: '', config })
}

function permanent(path: string, reason = 'NTPIsDown') {
  return { type: 'permanent', condition: 'NTPProblem', reason, path }
}

function sayingsOf({ findings, events = [] }: CheckResult) {
  return [
    ...findings.map(({ type, entity, health, reason, message }) => `${type}|${entity} ${health} ${reason}: ${message}`),
    ...events.map(({ severity, reason, message, source }) => `${severity} ${reason} of ${source}: ${message}`),
  ]
}

describe('a file of plug-ins', () => {
  it('says first that all is well, and then what each run says, every time', async () => {
    await using folder = await tempFolder()
    const down = join(folder.path, 'down.sh')
    const check = await startFile(
      folder.path,
      { 'down.sh': "printf 'no ntp \\303'; exit 1" },
      { rules: [permanent(down)] },
    )
    await using following = check.follow()
    expect(sayingsOf(await following.next())).toEqual(['NTPProblem| healthy NTPIsUp: ntp service is up'])
    const first = await following.next()
    expect(sayingsOf(first)).toEqual([
      'NTPProblem| problem NTPIsDown: no ntp \ufffd',
      'warning NTPIsDown of ntp-monitor: Node condition NTPProblem is now: True, reason: NTPIsDown, message: "no ntp \\xc3"',
    ])
    check.clock.pass(30_000)
    const again = await following.next()
    expect(sayingsOf(again)).toEqual(['NTPProblem| problem NTPIsDown: no ntp \ufffd'])
    expect(again.findings[0]?.since).toEqual(first.findings[0]?.since)
    expect(following.isFollowing).toBe(true)
  })

  it('has an event of its own for each time and rule, and each file, however long its path is', async () => {
    await using folder = await tempFolder()
    const script = join(folder.path, 'down.sh')
    const rule = { type: 'temporary', reason: 'Down', path: script }
    const keys: unknown[] = []
    for (const path of [`/${'x'.repeat(300)}/a.json`, `/${'x'.repeat(300)}/b.json`]) {
      const check = await startFile(folder.path, { 'down.sh': 'echo down; exit 1' }, { path, rules: [rule, rule] })
      await using following = check.follow()
      await following.next()
      for (let turn = 0; turn < 2; turn++) {
        for (let i = 0; i < 2; i++) keys.push(...((await following.next()).events ?? []).map(({ key }) => key))
        check.clock.pass(30_000)
      }
    }
    // So much of a key counts.
    expect(new Set(keys.map((key) => String(key).slice(0, 256))).size).toBe(8)
  })

  it('keeps quiet of its conditions before the first run, where it is asked to', async () => {
    await using folder = await tempFolder()
    const script = join(folder.path, 'odd.sh')
    const more = { rules: [permanent(script)], pluginConfig: { skip_initial_status: true } }
    const check = await startFile(folder.path, { 'odd.sh': 'echo what; exit 7' }, more)
    await using following = check.follow()
    expect(sayingsOf(await following.next())).toEqual([
      'NTPProblem| unknown NTPIsUp: what',
      'info NTPIsUp of ntp-monitor: Node condition NTPProblem is now: Unknown, reason: NTPIsUp, message: "what"',
    ])
  })

  it('goes on where an earlier process was: what was a problem still is, since then, and is not told anew', async () => {
    await using folder = await tempFolder()
    const script = join(folder.path, 'down.sh')
    const more = { rules: [permanent(script)] }
    const check = await startFile(folder.path, { 'down.sh': 'echo down; exit 1' }, more)
    const before = check.follow()
    await before.next()
    const { cursor, findings } = await before.next()
    await before.stop()
    const next = await startFile(folder.path, {}, more)
    next.clock.pass(5_000)
    await using after = next.follow(JSON.parse(JSON.stringify(cursor)))
    for (let i = 0; i < 2; i++) {
      const told = await after.next()
      expect(sayingsOf(told)).toEqual(['NTPProblem| problem NTPIsDown: down'])
      expect(told.findings[0]?.since).toEqual(findings[0]?.since)
    }
  })

  it('lets two rules on one condition fight, each with its event', async () => {
    await using folder = await tempFolder()
    const [well, down] = [join(folder.path, 'well.sh'), join(folder.path, 'down.sh')]
    const more = { rules: [permanent(down), permanent(well, 'Never')], pluginConfig: { concurrency: 1 } }
    const check = await startFile(folder.path, { 'down.sh': 'echo down; exit 1', 'well.sh': 'exit 0' }, more)
    await using following = check.follow()
    await following.next()
    const healths: unknown[] = []
    for (let i = 0; i < 4; i++) {
      const { findings, events } = await following.next()
      healths.push([findings[0]?.health, events?.length])
      if (i === 1) check.clock.pass(30_000)
    }
    expect(healths).toEqual([
      ['problem', 1],
      ['healthy', 1],
      ['problem', 1],
      ['healthy', 1],
    ])
  })

  it('inherits environment and folder, and reads nothing', async () => {
    await using folder = await tempFolder()
    const script = join(folder.path, 'ask.sh')
    const more = { rules: [permanent(script)], pluginConfig: { max_output_length: 200 } }
    const check = await startFile(folder.path, { 'ask.sh': 'pwd; echo "$HOME"; read x; echo $?; exit 1' }, more)
    await using following = check.follow()
    await following.next()
    const { findings } = await following.next()
    expect(findings[0]?.message).toBe(`${process.cwd()}\n${process.env['HOME']}\n1`)
  })

  it('begins anew what a person cleared, and says it again while it is so', async () => {
    await using folder = await tempFolder()
    const script = join(folder.path, 'down.sh')
    const check = await startFile(folder.path, { 'down.sh': 'echo down; exit 1' }, { rules: [permanent(script)] })
    await using following = check.follow()
    await following.next()
    await following.next()
    check.clear('NTPProblem')
    check.clock.pass(30_000)
    const { events } = await following.next()
    expect(events).toHaveLength(1)
  })
})

/** Of a file with a plug-in that nothing ends and one that is well: what is told in three rounds. */
describe('a plug-in that leaves somebody in a session of its own, who holds its output (B4)', () => {
  it('is told at its deadline, is not run beside that, and holds up no neighbour', async () => {
    await using folder = await tempFolder()
    const [held, well] = [join(folder.path, 'held.sh'), join(folder.path, 'well.sh')]
    const scripts = {
      'held.sh': `echo run >> ${folder.path}/runs; setsid sleep 300 & echo $! > ${folder.path}/pid; exit 1`,
      'well.sh': 'exit 0',
    }
    const other = { type: 'Other', reason: 'OtherIsWell', message: '' }
    const more = {
      conditions: [NTP, other],
      rules: [permanent(held), { type: 'permanent', condition: 'Other', reason: 'OtherIsDown', path: well }],
      pluginConfig: { timeout: '200ms', max_output_length: 500 },
    }
    const check = await startFile(folder.path, scripts, more)
    await using following = check.follow()
    await following.next()
    await following.next()
    check.clock.pass(200)
    const told = await following.next()
    expect(told.findings[0]?.message).toBe(`Timeout when running plugin "${held}": state - exit status 1. output - ""`)
    expect((await check.run()).incomplete).toMatch(/held\.sh was left behind \d+ s ago.* holds its output/)
    for (let i = 0; i < 3; i++) {
      check.clock.pass(30_000)
      expect((await following.next()).metrics).toContainEqual({
        ...{ name: 'npd_plugin_left_behind_total', labels: {}, value: 1 },
      })
    }
    expect(await readFile(join(folder.path, 'runs'), 'utf8')).toBe('run\n')

    process.kill(Number(await readFile(join(folder.path, 'pid'), 'utf8')), 'SIGKILL')
    await expect.poll(async () => (await check.run(0)).incomplete).toBe(undefined)
    check.clock.pass(30_000)
    await following.next()
    await expect.poll(() => readFile(join(folder.path, 'runs'), 'utf8')).toBe('run\nrun\n')
    process.kill(Number(await readFile(join(folder.path, 'pid'), 'utf8')), 'SIGKILL')
  })
})
