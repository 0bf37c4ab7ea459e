import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { CODE_PARAMETERS, compiledAt, readCode, runCode } from './code.ts'

function bundleOf(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nd-npd-code-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'npd.cjs'), `(function(${CODE_PARAMETERS.join(',')}){${body}})`)
  return pathToFileURL(join(folder, 'npd.mjs')).href
}

it('is taken compiled where it was compiled of this text, and compiled where it was not', () => {
  const bundle = bundleOf('globalThis.ndCode = 1')
  const compiled = readCode(bundle).createCachedData()
  expect(readCode(bundle, compiled).cachedDataRejected).toBe(false)
  const other = bundleOf('globalThis.ndCode = "another text"')
  const code = readCode(other, compiled)
  expect(code.cachedDataRejected).toBe(true)
  runCode(code, other)
  expect(Reflect.get(globalThis, 'ndCode')).toBe('another text')
  Reflect.deleteProperty(globalThis, 'ndCode')
})

it('knows of itself what a module knows', () => {
  const bundle = bundleOf(
    'globalThis.ndCode = [typeof require("node:fs").readFileSync, __filename, __dirname, __bundleUrl]',
  )
  runCode(readCode(bundle), bundle)
  const path = new URL(bundle).pathname
  expect(Reflect.get(globalThis, 'ndCode')).toEqual(['function', path, path.replace('npd.mjs', ''), bundle])
  Reflect.deleteProperty(globalThis, 'ndCode')
})

it('is kept by version and machine: of another it is none', () => {
  expect(compiledAt('file:///d/npd.mjs').pathname).toBe(`/d/npd.${process.version}-${process.arch}.code`)
})
