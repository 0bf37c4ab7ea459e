import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigErrors } from '../errors.ts'
import { readConfigFile } from './read-file.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-config-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function faultOf(name: string): Promise<string> {
  const err = await readConfigFile(join(folder, name)).catch((caught: unknown) => caught)
  if (!(err instanceof ConfigErrors)) throw new Error('no ConfigErrors', { cause: err })
  return err.message.replaceAll(folder, 'F')
}

describe('the file of the configuration', () => {
  it('is read as UTF-8, without its byte order mark', async () => {
    writeFileSync(join(folder, 'bom.yaml'), '\ufeffa: ä\n')
    expect(await readConfigFile(join(folder, 'bom.yaml'))).toBe('a: ä\n')
  })

  it('has to exist', async () => {
    expect(await faultOf('none.yaml')).toBe(
      'cannot use the configuration (F/none.yaml), 1 error:\n  F/none.yaml: cannot be read: ENOENT; see that it exists and is readable, or name another with --config or NODE_DOCTOR_CONFIG',
    )
  })

  it('has to be text', async () => {
    writeFileSync(join(folder, 'binary.yaml'), Buffer.from([0x61, 0xff, 0xfe]))
    expect(await faultOf('binary.yaml')).toContain('is not UTF-8; expected YAML or JSON in UTF-8')
  })

  it('has to be no more than a ConfigMap holds', async () => {
    writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(1_048_577, 'a'))
    expect(await faultOf('large.yaml')).toContain('is larger than 1048576 bytes; expected a configuration')
  })

  it('has to be a file', async () => {
    expect(await faultOf('.')).toContain('is no regular file; expected YAML or JSON')
  })

  it('is not waited for when it is a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await faultOf('pipe')).toContain('is no regular file; expected YAML or JSON')
  })
})
