import { writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scriptedMonitor, wellScript } from '../../../libs/monitor-kit/testing/scripted-monitor.ts'
import { BOTH, closeStage, host, openStage } from '../../../libs/monitor-kit/testing/stage.ts'
import { runCommand } from '../testing.ts'
import { runDirOfTests } from '../testing-run-dir.ts'
import { type Script, startPlugin } from './testing-plugin.ts'
import type { RuleResult } from './types.ts'

const place = runDirOfTests()

async function start(script: Script): Promise<string> {
  const path = `${place.dir}/gpu.sock`
  const plugin = await startPlugin(path, script)
  onTestFinished(() => plugin.end())
  return path
}

/** Ids of the rules with that result. */
async function rulesOf(path: string, ...words: string[]) {
  const { code, out } = await runCommand('conformance', path, '--idle', '5ms', '-o', 'json', ...words)
  const report = JSON.parse(out) as { socket: string; rules: RuleResult[] }
  const idsOf = (result: RuleResult['result']) =>
    report.rules.flatMap((rule) => (rule.result === result ? rule.id : []))
  return { code, ...report, failed: report.rules.filter(({ result }) => result === 'fail'), skipped: idsOf('skip') }
}

const UNTIL_ASKED = ['stop', 'stop-twice', 'stop-cleans', 'restart']

describe('conformance', () => {
  it('of a plug-in that speaks both protocols and keeps all rules ends with 0', async () => {
    const path = await start({ external: {}, monitor: {} })
    const { code, socket, rules, failed, skipped } = await rulesOf(path)
    expect([code, socket, failed, skipped]).toEqual([0, path, [], UNTIL_ASKED])
    expect(Object.keys(rules[0] ?? {})).toEqual(['id', 'level', 'result', 'detail'])
  })

  it('says for people what was seen of each rule, and the verdict', async () => {
    const { code, out, err } = await runCommand('conformance', await start({ external: {} }), '--idle', '5ms')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`The plug-in at ${place.dir}/gpu.sock\n\nRESULT   LEVEL   RULE`)
    expect(out).toContain('holds    must    socket-mode           0660\n')
    expect(out).toContain('skipped  must    describe              it does not speak nodedoctor.v1\n')
    expect(out).toMatch(/\nIt conforms: \d+ rules hold, 0 musts and 0 shoulds broken, \d+ skipped\.\n$/)
  })

  it('of a monitor of ours has no broken rule', async () => {
    const stage = await openStage()
    onTestFinished(() => closeStage(stage))
    const { messages } = await host(stage, scriptedMonitor(wellScript()), BOTH)
    await expect.poll(messages, { timeout: 5000 }).toContain('service running')
    const { code, failed } = await rulesOf(stage.socket, '--stop', '--timeout', '5s')
    expect([code, failed]).toEqual([0, []])
  })
})

describe('without a connection', () => {
  it('says why, and ends with 2', async () => {
    const path = `${place.dir}/gpu.sock`
    expect(await runCommand('conformance', path)).toEqual({
      code: 2,
      out: '',
      err: `there is no socket ${path}\nStart the plug-in, or name its socket.\n`,
    })
    await writeFile(path, '')
    expect((await runCommand('conformance', path)).err).toBe(
      `${path} is no socket\nName the socket that the plug-in listens on.\n`,
    )
    expect((await runCommand('conformance')).err).toContain(
      'conformance: expected the path of a socket, such as /var/run/npd/gpu-monitor.sock',
    )
  })
})
