/**
 * The code of `node-doctor npd` as a script that may come compiled: to compile it, and each function when it is first called, is
 * more than a third of a start, and in the limits of node-problem-detector's manifest half a minute of it. V8 says whether compiled
 * code is of this version and flags, but of the text it knows the length alone, and what is damaged ends it: so the file begins with
 * what it was compiled of, and with a sum of itself. What is not of this text is not used; it is compiled as ever.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { constants, Script } from 'node:vm'
import { crc32 } from 'node:zlib'

/** The text beside `npd.mjs`: a function of what a module has and a script has not. */
const TEXT = 'npd.cjs'
/** SHA-256 of the text, then CRC-32 of what follows. V8 copies what does not begin at a multiple of 8. */
const TEXT_HASH_BYTES = 32
const HEADER_BYTES = 40

/** Names of what {@link runCode} gives to the text, in this order: for who builds it. */
export const CODE_PARAMETERS = ['require', '__filename', '__dirname', '__bundleUrl', '__uncompiled'] as const
type Code = (require: NodeJS.Require, filename: string, dirname: string, url: string, uncompiled: string) => void

/** What is run. */
export interface ReadCode {
  readonly script: Script
  /** Why it was not taken compiled; "" where it was. */
  readonly uncompiled: string
}

/** Where the compiled code of this Node is. @param bundle the URL of `npd.mjs` */
export function compiledAt(bundle: string): URL {
  return new URL(`npd.${process.version}-${process.arch}.code`, bundle)
}

function textAt(bundle: string): URL {
  return new URL(TEXT, bundle)
}

function scriptOf(bundle: string, text: Buffer, cachedData: Buffer | undefined): Script {
  return new Script(text.toString('latin1'), {
    filename: fileURLToPath(textAt(bundle)),
    ...(cachedData !== undefined && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
}

/** @returns why there is none, or what V8 may take: it does not look whether that is damaged */
function compiledOf(bundle: string, text: Buffer): string | Buffer {
  let file: Buffer
  try {
    file = readFileSync(compiledAt(bundle))
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  }
  const path = fileURLToPath(compiledAt(bundle))
  if (!file.subarray(0, TEXT_HASH_BYTES).equals(hash('sha256', text, 'buffer'))) return `${path} is of another text`
  const code = file.subarray(HEADER_BYTES)
  const isWhole = file.length > HEADER_BYTES && file.readUInt32LE(TEXT_HASH_BYTES) === crc32(code)
  return isWhole ? code : `${path} is damaged`
}

/** Whether there is code of this Node, whole and of this text. */
export function isCompiled(bundle: string): boolean {
  return typeof compiledOf(bundle, readFileSync(textAt(bundle))) !== 'string'
}

/** Reads it compiled where that can be had. */
export function readCode(bundle: string): ReadCode {
  const text = readFileSync(textAt(bundle))
  const compiled = compiledOf(bundle, text)
  if (typeof compiled === 'string') return { script: scriptOf(bundle, text, undefined), uncompiled: compiled }
  const script = scriptOf(bundle, text, compiled)
  const isRefused = script.cachedDataRejected !== false
  return { script, uncompiled: isRefused ? `${fileURLToPath(compiledAt(bundle))} is of other flags or another V8` : '' }
}

/** What a file at {@link compiledAt} has. @param script of this bundle, as far as it has run */
export function compiledFile(bundle: string, script: Script): Buffer {
  const code = script.createCachedData()
  const header = Buffer.alloc(HEADER_BYTES)
  hash('sha256', readFileSync(textAt(bundle)), 'buffer').copy(header)
  header.writeUInt32LE(crc32(code), TEXT_HASH_BYTES)
  return Buffer.concat([header, code])
}

/** Runs it as the module that it was. */
export function runCode({ script, uncompiled }: ReadCode, bundle: string): void {
  const run = script.runInThisContext() as Code
  run(createRequire(bundle), fileURLToPath(bundle), fileURLToPath(new URL('.', bundle)), bundle, uncompiled)
}
