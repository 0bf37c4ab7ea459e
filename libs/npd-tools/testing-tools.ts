/** Helpers run by a test, over programs that the test writes. */
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { tempFolder } from '../host/testing.ts'
import type { Tool, ToolAround, ToolResult } from './tool.ts'

/** Of this machine, since a shell's lines need them. */
const BORROWED = ['grep', 'wc', 'date', 'sleep', 'cat'] as const

/** What is asked of a tool, and where. */
export interface Situation {
  readonly words: readonly string[]
  /** Programs in the PATH: lines of a shell. */
  readonly programs: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly around?: Partial<ToolAround>
}

/** Runs a tool; `asked` is what its programs were asked, a line each. */
export async function runTool(tool: Tool, situation: Situation): Promise<ToolResult & { readonly asked: string }> {
  const { words, programs, env, around } = situation
  await using folder = await tempFolder()
  const asked = join(folder.path, 'asked')
  await writeFile(asked, '')
  for (const [name, text] of Object.entries(programs)) {
    const path = join(folder.path, name)
    await writeFile(path, `#!/bin/sh\necho "${name} $*" >> ${asked}\n${text}\n`)
    await chmod(path, 0o755)
  }
  for (const name of BORROWED) await symlink(`/usr/bin/${name}`, join(folder.path, name))
  const clock = systemClock()
  const result = await tool(words, {
    host: createHost({ root: '', clock }),
    clock,
    env: { PATH: folder.path, ...env },
    uptimeSeconds: () => 3_600,
    signal: new AbortController().signal,
    ...around,
  })
  return { ...result, asked: await readFile(asked, 'utf8') }
}
