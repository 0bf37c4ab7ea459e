import { describe, expect, it } from 'vitest'
import { HostExecError, type PluginResult } from '#host'
import { evaluateRun } from './evaluate.ts'

const SCRIPT = { path: '/x/check.sh', condition: 'BackupStale', timeoutMs: 10_000 }

function ran(more: Partial<PluginResult>, stdout = '', stderr = '') {
  const output = { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
  const ended = { exitCode: 0, signal: null, coreDumped: false, truncated: false, timedOut: false }
  const { health, severity, reason, message } = evaluateRun(SCRIPT, {
    kind: 'ended',
    result: { ...ended, ...output, ...more },
  })
  return [health, severity, reason, message]
}

describe('a run of a script', () => {
  it('is what its exit code says, in the first line that it prints', () => {
    expect(ran({}, '\n  3 hours old \nmore\n')).toEqual(['healthy', undefined, 'ScriptHealthy', '3 hours old'])
    expect(ran({ exitCode: 1 }, '30 hours old\n')).toEqual(['problem', 'warning', 'ScriptWarning', '30 hours old'])
    expect(ran({ exitCode: 2 })).toEqual([
      'problem',
      'critical',
      'ScriptCritical',
      '/x/check.sh ended with 2 and says nothing',
    ])
  })

  it.each([
    [{ exitCode: 3 }, 'no such host', '', '/x/check.sh ended with 3: no such host'],
    [{ exitCode: 127 }, '', 'jq: not found\n', '/x/check.sh ended with 127: jq: not found'],
    [{ exitCode: null, signal: 'SIGSEGV' }, '', '', '/x/check.sh was ended by SIGSEGV: it says nothing'],
  ] as const)('that says nothing of the node is unknown: %j', (more, stdout, stderr, message) => {
    expect(ran(more, stdout, stderr)).toEqual(['unknown', undefined, 'ScriptUnknown', message])
  })

  it('that took too long, or never began, is unknown, whatever else it is', () => {
    const message = '/x/check.sh did not end within 10000 ms and was killed'
    expect(ran({ exitCode: 1, timedOut: true }, 'ill')).toEqual(['unknown', undefined, 'ScriptTimedOut', message])
    const error = new HostExecError({ file: '/x/check.sh', code: 'ENOENT' })
    const finding = evaluateRun(SCRIPT, { kind: 'not-started', why: 'missing', error })
    expect(finding).toMatchObject({ health: 'unknown', reason: 'ScriptNotStarted', message: error.message })
  })

  it('that prints without end is told in 1,024 characters', () => {
    expect(String(ran({ exitCode: 1 }, 'x'.repeat(100_000))[3]).length).toBeLessThanOrEqual(1_024)
  })
})
