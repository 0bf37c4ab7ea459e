import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

describe('the check of the protocols', () => {
  let proto: string

  beforeEach(() => {
    proto = mkdtempSync(join(tmpdir(), 'nd-proto-'))
    cpSync(join(ROOT, 'proto'), proto, { recursive: true })
  })
  afterEach(() => rmSync(proto, { recursive: true }))

  function check() {
    const env = {
      ...process.env,
      NODE_DOCTOR_PROTO: proto,
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    }
    return spawnSync('bash', [join(ROOT, 'scripts/check-proto.sh')], { env, encoding: 'utf8' })
  }

  function edit(file: string, pattern: RegExp, by: string): void {
    const path = join(proto, file)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(pattern)
    writeFileSync(path, text.replace(pattern, by))
  }

  it('passes them as they are', () => {
    expect(check()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  it('refuses another number of a field that plug-ins send', () => {
    edit('npd/external/v1/external_monitor.proto', /repeated (\w+) conditions = \d+/, 'repeated $1 conditions = 77')
    const { status, stdout } = check()
    expect(status).not.toBe(0)
    expect(stdout).toContain('conditions')
  })

  it('passes a field that is new', () => {
    edit(
      'nodedoctor/v1/detector.proto',
      /message GetNodeRequest \{/,
      'message GetNodeRequest {\n  string added = 99;\n',
    )
    expect(check().status).toBe(0)
  })
})
