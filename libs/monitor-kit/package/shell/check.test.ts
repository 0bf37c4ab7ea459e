import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startCheck } from '../../testing/start-check.ts'
import { scriptCheck } from './check.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-script-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

async function found(text: string, { timeoutMs = 10_000, root = '' } = {}) {
  const path = join(folder, 'check.sh')
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const options = { path, condition: 'BackupStale', intervalMs: 30_000, timeoutMs }
  const [finding] = (await startCheck(scriptCheck(options), { root, config: {} }).run()).findings
  return [finding?.type, finding?.health, finding?.reason, finding?.message.replace(folder, '')]
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

describe('a script', () => {
  it('is a condition by its exit code', async () => {
    expect(await found('echo young')).toEqual(['BackupStale', 'healthy', 'ScriptHealthy', 'young'])
    expect(await found('echo old; exit 1')).toEqual(['BackupStale', 'problem', 'ScriptWarning', 'old'])
    expect(await found('echo gone; exit 2')).toEqual(['BackupStale', 'problem', 'ScriptCritical', 'gone'])
    const unknown = ['BackupStale', 'unknown', 'ScriptUnknown']
    expect(await found('echo no >&2; exit 9')).toEqual([...unknown, '/check.sh ended with 9: no'])
    expect(await found('kill -9 $$')).toEqual([...unknown, '/check.sh was ended by SIGKILL: it says nothing'])
  })

  it('that takes too long is unknown, and ends with all that it started', async () => {
    const late = await found(`sleep 60 & echo $! >'${folder}/pid'; wait`, { timeoutMs: 300 })
    expect(late).toEqual([
      'BackupStale',
      'unknown',
      'ScriptTimedOut',
      '/check.sh did not end within 300 ms and was killed',
    ])
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it('whose daemon holds its output is told by its own end', async () => {
    const began = performance.now()
    expect((await found(`setsid sleep 5 & echo old; exit 1`)).slice(1, 3)).toEqual(['problem', 'ScriptWarning'])
    expect(performance.now() - began).toBeLessThan(4_500)
  })

  it('has no variable of ours that it is not meant to have, and knows where the node’s root is', async () => {
    vi.stubEnv('SECRET_TOKEN', 'x')
    onTestFinished(() => void vi.unstubAllEnvs())
    const said = await found('echo "$SECRET_TOKEN,$HOST_ROOT,${PATH:+path}"', { root: folder })
    expect(said[3]).toBe(',,path')
  })

  it('that is not there, or no program, is unknown', async () => {
    const options = { path: join(folder, 'none.sh'), condition: 'BackupStale', intervalMs: 30_000, timeoutMs: 1_000 }
    const { findings } = await startCheck(scriptCheck(options), { root: '', config: {} }).run()
    expect(findings).toMatchObject([{ health: 'unknown', reason: 'ScriptNotStarted' }])
    expect(findings[0]?.message).toContain('none.sh')
  })
})
