import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { CODE_PARAMETERS, compiledAt, compiledFile, isCompiled, readCode, runCode } from './code.ts'

function write(bundle: string, body: string): void {
  writeFileSync(new URL('npd.cjs', bundle), `(function(${CODE_PARAMETERS.join(',')}){${body}})`)
}

function bundleOf(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nd-npd-code-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const bundle = pathToFileURL(join(folder, 'npd.mjs')).href
  write(bundle, body)
  return bundle
}

/** A bundle with its compiled code. */
function compiledOf(body: string): string {
  const bundle = bundleOf(body)
  writeFileSync(compiledAt(bundle), compiledFile(bundle, readCode(bundle).script))
  return bundle
}

/** What the text leaves there. */
function ran(bundle: string): unknown {
  runCode(readCode(bundle), bundle)
  const left: unknown = Reflect.get(globalThis, 'ndCode')
  Reflect.deleteProperty(globalThis, 'ndCode')
  return left
}

it('is taken compiled where it was compiled of this text, and compiled where it was not', () => {
  const bundle = compiledOf('globalThis.ndCode = "one text"')
  const { script, uncompiled } = readCode(bundle)
  expect([script.cachedDataRejected, uncompiled, isCompiled(bundle)]).toEqual([false, '', true])
  // V8 knows the length of a text alone.
  write(bundle, 'globalThis.ndCode = "two text"')
  expect(readCode(bundle).uncompiled).toBe(`${fileURLToPath(compiledAt(bundle))} is of another text`)
  expect([ran(bundle), isCompiled(bundle)]).toEqual(['two text', false])
})

it('is compiled where what is there is damaged, cut short or empty: V8 would end the process', () => {
  const bundle = compiledOf('globalThis.ndCode = "one text"')
  const whole = readFileSync(compiledAt(bundle))
  for (const at of [41, whole.length >> 1, whole.length - 1]) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] as number) ^ 0x10
    for (const file of [damaged, whole.subarray(0, at)]) {
      writeFileSync(compiledAt(bundle), file)
      expect(readCode(bundle).uncompiled).toMatch(/code is damaged$/)
      expect(ran(bundle)).toBe('one text')
    }
  }
  writeFileSync(compiledAt(bundle), '')
  expect([readCode(bundle).uncompiled, ran(bundle)]).toEqual([expect.stringMatching(/another text$/), 'one text'])
})

it('is compiled where there is nothing, and says so', () => {
  const bundle = bundleOf('globalThis.ndCode = __uncompiled')
  expect(ran(bundle)).toContain(`no such file or directory, open '${fileURLToPath(compiledAt(bundle))}'`)
})

it('knows of itself what a module knows', () => {
  const bundle = bundleOf(
    'globalThis.ndCode = [typeof require("node:fs").readFileSync, __filename, __dirname, __bundleUrl]',
  )
  const path = new URL(bundle).pathname
  expect(ran(bundle)).toEqual(['function', path, path.replace('npd.mjs', ''), bundle])
})

it('is kept by version and machine: of another it is none', () => {
  expect(compiledAt('file:///d/npd.mjs').pathname).toBe(`/d/npd.${process.version}-${process.arch}.code`)
})
