import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, 'fetch-package.sh')

describe('a package that set-up takes', () => {
  let dir = ''
  let integrity = ''

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'nd-fetch-'))
    const source = join(dir, 'source')
    mkdirSync(source)
    const scripts = { prepack: `touch ${join(dir, 'ran')}`, install: `touch ${join(dir, 'ran')}` }
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name: 'tool', version: '1.0.0', scripts }))
    writeFileSync(join(source, 'tool'), 'what it brings')
    const { stdout } = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir, source], {
      encoding: 'utf8',
    })
    integrity = `sha512-${createHash('sha512')
      .update(readFileSync(join(dir, stdout.trim())))
      .digest('base64')}`
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  function fetch(wanted: string, folder: string) {
    return spawnSync(SCRIPT, [join(dir, 'tool-1.0.0.tgz'), wanted, join(dir, folder)], { encoding: 'utf8' })
  }

  it('is unpacked when it is the one that was named, and nothing of it is run', () => {
    expect(fetch(integrity, 'good')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(dir, 'good/tool'), 'utf8')).toBe('what it brings')
    expect(existsSync(join(dir, 'ran'))).toBe(false)
  })

  it('is refused when it is another', () => {
    const { status, stderr } = fetch('sha512-AAAA', 'bad')
    expect([status, stderr]).toEqual([
      1,
      `${join(dir, 'tool-1.0.0.tgz')} is not what it was: its archive is ${integrity}, expected sha512-AAAA. It is not used.\n`,
    ])
    expect(existsSync(join(dir, 'bad'))).toBe(false)
  })

  it('of every set-up script is named with its hash, and the packages of the lock run no scripts', () => {
    const deploy = readFileSync(join(import.meta.dirname, '../test/deploy/setup.sh'), 'utf8')
    expect(deploy).not.toMatch(/npm (install|i|exec)\b/)
    expect(deploy.match(/^bring .*$/gm)).toHaveLength(3)
    const setup = readFileSync(join(import.meta.dirname, 'setup.sh'), 'utf8')
    expect(setup).toMatch(/^ {2}npm ci --ignore-scripts /m)
    const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
      packages: Record<string, { integrity?: string }>
    }
    const without = Object.entries(packages).filter(([name, { integrity: hash }]) => name !== '' && hash === undefined)
    expect(without.map(([name]) => name)).toEqual([])
  })
})
