import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { compiledAt, compiledFile, isCompiled, readCode } from '../../services/npd/code.ts'
import { bundle } from './bundle.ts'
import { makeCode } from './code.ts'

let folder = ''
let url = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-make-code-'))
  url = pathToFileURL(join(folder, 'npd.mjs')).href
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function codes(): string[] {
  return readdirSync(folder).filter((file) => file.includes('.code'))
}

it('leaves no code of the text before, of whatever Node, where a bundle is another one and none can be made of it', async () => {
  write('start.ts', '')
  const others = [
    'npd.v24.1.0-arm64.code',
    `npd.${process.version}-${process.arch}.code`,
    'npd.v24.1.0-x64.code.12.part',
  ]
  for (const name of [...others, 'npd-other.v24.code']) write(name, 'stale')
  const said = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => said.mockRestore())
  const entry = { name: 'npd', file: 'npd', contents: 'process.exit(3)', startedBy: 'start.ts' }
  await bundle(folder, folder, entry)
  expect(codes()).toEqual(['npd-other.v24.code'])
  expect(said.mock.calls.flat()).toEqual([expect.stringMatching(/npd\.mjs has no compiled code.*ended with 3/)])
  write('npd.v24.1.0-arm64.code', 'made elsewhere')
  await bundle(folder, folder, entry)
  expect(codes()).toEqual(['npd-other.v24.code', 'npd.v24.1.0-arm64.code'])
})

it('makes it anew where it is damaged, and takes away what cannot be', () => {
  write('npd.cjs', '(function(){})')
  const whole = compiledFile(url, readCode(url).script)
  const maker = write('maker.mjs', 'process.exit(1)')
  writeFileSync(compiledAt(url), whole)
  makeCode(join(folder, 'npd.mjs'), maker)
  expect(isCompiled(url)).toBe(true)
  const said = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => said.mockRestore())
  writeFileSync(compiledAt(url), whole.subarray(0, -1))
  makeCode(join(folder, 'npd.mjs'), maker)
  expect(existsSync(compiledAt(url))).toBe(false)
  expect(said).toHaveBeenCalledOnce()
})
