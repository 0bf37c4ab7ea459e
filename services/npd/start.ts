/** What `dist/npd.mjs` is: runs the code beside it, compiled where it can be had so. */
import { readFileSync } from 'node:fs'
import { compiledAt, readCode, runCode } from './code.ts'

function compiled(): Buffer | undefined {
  try {
    return readFileSync(compiledAt(import.meta.url))
  } catch {
    // It was built without, or for another Node.
    return undefined
  }
}

runCode(readCode(import.meta.url, compiled()), import.meta.url)
