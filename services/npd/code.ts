/**
 * The code of `node-doctor npd` as a script that may come compiled: to compile it, and each function when it is first called, is
 * more than a third of a start, and in the limits of node-problem-detector's manifest half a minute of it. V8 says whether compiled
 * code is of this very text, V8 and flags; if not it is compiled as ever.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { constants, Script } from 'node:vm'

/** The text beside `npd.mjs`: a function of what a module has and a script has not. */
const TEXT = 'npd.cjs'

/** Names of what {@link runCode} gives to the text, in this order: for who builds it. */
export const CODE_PARAMETERS = ['require', '__filename', '__dirname', '__bundleUrl'] as const
type Code = (require: NodeJS.Require, filename: string, dirname: string, url: string) => void

/** Where the compiled code of this Node is. @param bundle the URL of `npd.mjs` */
export function compiledAt(bundle: string): URL {
  return new URL(`npd.${process.version}-${process.arch}.code`, bundle)
}

/** @param compiled its code, if it has any; `cachedDataRejected` says whether it is none of it */
export function readCode(bundle: string, compiled?: Buffer): Script {
  const text = new URL(TEXT, bundle)
  return new Script(readFileSync(text, 'latin1'), {
    filename: fileURLToPath(text),
    ...(compiled !== undefined && { cachedData: compiled }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
}

/** Runs it as the module that it was. */
export function runCode(code: Script, bundle: string): void {
  const run = code.runInThisContext() as Code
  run(createRequire(bundle), fileURLToPath(bundle), fileURLToPath(new URL('.', bundle)), bundle)
}
