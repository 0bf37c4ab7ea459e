/** What `dist/npd.mjs` is: runs the code beside it, compiled where it can be had so. */
import { readCode, runCode } from './code.ts'

runCode(readCode(import.meta.url), import.meta.url)
