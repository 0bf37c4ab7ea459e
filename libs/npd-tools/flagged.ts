/** A program with flags: what is said of a command line that is none. */
import { FlagError, type Flags, flagUsages, type ParsedFlags, parseFlags } from '#golang'
import type { ToolName, ToolResult } from './tool.ts'

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}

/** Runs a program with its flags, or says how they are used: 0 where that was asked for, 2 where they are wrong. */
export async function withFlags<Declared extends Flags>(
  name: ToolName,
  flags: Declared,
  words: readonly string[],
  run: (parsed: ParsedFlags<Declared>) => Promise<ToolResult>,
): Promise<ToolResult> {
  let parsed: ParsedFlags<Declared>
  try {
    parsed = parseFlags(flags, words)
  } catch (err) {
    if (!(err instanceof FlagError)) throw err
    return { exitCode: err.exitCode, stdout: '', stderr: `${flagUsages(name, flags)}${err.message}\n` }
  }
  const noticed = lines(parsed.notices)
  if (parsed.isHelp) return { exitCode: 0, stdout: '', stderr: `${noticed}${flagUsages(name, flags)}` }
  const result = await run(parsed)
  return { ...result, stderr: `${noticed}${result.stderr}` }
}
