import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import { HostReadError } from '../errors.ts'
import { createHost } from '../host.ts'
import { mountHung, tempFolder, whyNoMounts } from '../testing.ts'
import { createProgramPlaces } from './program-place.ts'

/** Looks at files that are there by their names alone, and says at which. */
function lookOver(there: readonly string[], hung: readonly string[] = []) {
  const looked: string[] = []
  const places = createProgramPlaces(
    {
      headOf: ({ file }) => {
        looked.push(file)
        if (hung.some((mount) => file.startsWith(`${mount}/`)))
          return Promise.reject(new HostReadError({ action: 'read', path: file, code: 'TIMEOUT' }))
        return Promise.resolve(there.includes(file) ? Buffer.from('#!') : undefined)
      },
    },
    (path) => (path.startsWith('/net/') ? '1 /net' : undefined),
  )
  const find = (file: string, PATH = '/a:/net/b:/c') => places.find({ file, cwd: '/w', env: { PATH } })
  return { places, find, looked }
}

describe('a program', () => {
  test('is found in the first folder of PATH that has it, and kept', async () => {
    const { find, looked, places } = lookOver(['/c/x', '/d/x'])
    expect([await find('x'), await find('x')]).toEqual(['/c/x', '/c/x'])
    expect(looked).toEqual(['/w', '/a/x', '/net/b/x', '/c/x'])
    expect(await find('x', '/d:/c')).toBe('/d/x')
    expect(await find('x', 'bin')).toBe(undefined)
    expect(looked.at(-1)).toBe('/w/bin/x')
    places.forget({ file: 'x', cwd: '/w', env: { PATH: '/d:/c' } })
    expect(await find('x', '/d:/c')).toBe('/d/x')
    expect(looked.slice(-1)).toEqual(['/d/x'])
  })

  test('is looked at each time where others answer for its mount, or where a path is given', async () => {
    const { find, looked } = lookOver(['/net/b/x', '/w/y'])
    expect([await find('x'), await find('x')]).toEqual(['/net/b/x', '/net/b/x'])
    expect([await find('./y'), await find('./y')]).toEqual(['/w/y', '/w/y'])
    expect(looked).toEqual(['/w', '/a/x', '/net/b/x', '/w', '/a/x', '/net/b/x', '/w', '/w/y', '/w', '/w/y'])
  })

  test('is not started in a folder that hangs, also where it is known', async () => {
    const { places, looked } = lookOver(['/a/x'], ['/net'])
    const find = () => places.find({ file: 'x', cwd: '/net/w', env: { PATH: '/a' } })
    for (const _ of [1, 2]) await expect(find()).rejects.toThrow('cannot start x: TIMEOUT; the mount of the folder')
    expect(looked).toEqual(['/net/w', '/net/w'])
    expect(await places.find({ file: 'x', cwd: '/', env: { PATH: '/a' } })).toBe('/a/x')
    expect(looked.slice(2)).toEqual(['/a/x'])
  })

  test('in a folder on a mount that others answer for is looked for each time, and there first', async () => {
    const { places, looked } = lookOver(['/a/x'])
    const find = () => places.find({ file: 'x', cwd: '/net/w', env: { PATH: '/a' } })
    expect([await find(), await find()]).toEqual(['/a/x', '/a/x'])
    expect(looked).toEqual(['/net/w', '/a/x', '/net/w', '/a/x'])
  })

  test('is not looked for behind a mount that hangs: it may be there', async () => {
    const { find } = lookOver(['/c/x'], ['/net/b'])
    await expect(find('x')).rejects.toThrow('cannot start x: TIMEOUT; its mount hangs')
  })

  test('that is looked for keeps nobody who is called off', async () => {
    const never = { headOf: () => new Promise<never>(() => undefined) }
    const stop = new AbortController()
    const found = createProgramPlaces(never, () => undefined).find({ file: 'x', cwd: '/', env: {} }, stop.signal)
    stop.abort(new Error('enough'))
    await expect(found).rejects.toThrow('enough')
  })

  test('that was found and is removed is looked for anew, and knows the name it was asked for', async () => {
    await using folder = await tempFolder()
    const { programs } = createHost({ root: '' })
    const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')]
    for (const each of [one, two]) await mkdir(each)
    // A shell says $0 of a script, and a program of a link what it was called.
    for (const each of [one, two]) await symlink('/bin/sh', join(each, 'named'))
    const ask = async () => {
      const options = { timeoutMs: 5_000, wholeEnv: { PATH: `${one}:${two}` } }
      return (await programs.run('named', ['-c', 'read -r name < /proc/$$/cmdline; echo "$name"'], options)).stdout
    }
    expect(await ask()).toMatch(/^named/)
    await rm(join(one, 'named'))
    await expect(ask()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await ask()).toMatch(/^named/)
  })
})

describe.skipIf(whyNoMounts() !== '')('with a mount that hangs', () => {
  test('no program is started from there, nor from behind it, and all else goes on', async () => {
    await using folder = await tempFolder()
    const hung = join(folder.path, 'mount')
    await using _ = await mountHung(hung)
    const clock = systemClock()
    const { programs } = createHost({ root: '', clock })
    let turns = 0
    const counting = setInterval(() => turns++, 100)
    const env = { PATH: `${hung}:${process.env['PATH']}` }
    const path = join(hung, 'crictl')
    const asked = await Promise.allSettled([
      programs.run('true', [], { timeoutMs: 1_000, env }),
      programs.runBytes(path, [], { timeoutMs: 1_000 }),
      programs.probe(path, [], { timeoutMs: 1_000 }),
      programs.start('true', [], { env }),
      programs.start('true', [], { cwd: hung }),
      programs.run('/bin/true', [], { timeoutMs: 1_000, cwd: hung }),
    ])
    clearInterval(counting)
    for (const each of asked)
      expect(each).toMatchObject({ status: 'rejected', reason: { name: 'HostExecError', code: 'TIMEOUT' } })
    expect(turns).toBeGreaterThan(20)
    expect((await programs.run('true', [], { timeoutMs: 1_000 })).exitCode).toBe(0)
  })
})
