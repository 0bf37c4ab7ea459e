/** Which program is one of ours, so that it need not be started. */
import { basename } from 'node:path'
import { type Host, HostExecError, HostReadError } from '#host'
import { healthChecker } from './health-checker/health-checker.ts'
import { logCounter } from './log-counter/log-counter.ts'
import type { Tool, ToolName } from './tool.ts'

/** The programs that are functions here. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = { 'health-checker': healthChecker, 'log-counter': logCounter }

/** Where files of node-problem-detector have them. What `validate` takes as there, too. */
export const OWN_PROGRAMS: readonly string[] = [
  '/home/kubernetes/bin/health-checker',
  '/home/kubernetes/bin/log-counter',
]

/** The script that stands for one in our image is shorter; a program is longer. */
const SCRIPT_BYTES = 4_096

function isToolName(name: string): name is ToolName {
  return Object.hasOwn(TOOLS, name)
}

/**
 * The function of a program that is a script of ours: called so, executable, and it does nothing but start `node-doctor health-checker`
 * or `node-doctor log-counter`; and where node-problem-detector's image has it and nothing stands. Undefined for everything else, also
 * what cannot be read: it is a program like any other.
 * @param host this process's own machine
 * @throws HostExecError `TIMEOUT` where its mount hangs
 */
export async function ownToolAt(path: string, host: Host): Promise<Tool | undefined> {
  const name = basename(path)
  if (!isToolName(name) || !path.startsWith('/')) return undefined
  try {
    const script = await host.files.readText(path, { maxBytes: SCRIPT_BYTES })
    return startsOurs(script, name) && (await host.programs.find(path)) !== undefined ? TOOLS[name] : undefined
  } catch (err) {
    if (!(err instanceof HostReadError)) throw err
    if (err.code === 'TIMEOUT') throw new HostExecError({ file: path, code: 'TIMEOUT', cause: err })
    return err.code === 'ENOENT' && OWN_PROGRAMS.includes(path) ? TOOLS[name] : undefined
  }
}

/** `exec node-doctor health-checker "$@"`: by PATH or at a path, also by `node`, and with nothing else. */
const STARTS_OURS = /^exec (?:(?:[\w./-]*\/)?node )?(?:[\w./-]*\/)?(?:node-doctor|cli\.mjs) ([a-z-]+) "\$@"$/

/** `#!/bin/sh`, comments, and that one line. */
function startsOurs(script: string, name: ToolName): boolean {
  const lines = script.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const [line = ''] = lines
  return script.startsWith('#!') && lines.length === 1 && STARTS_OURS.exec(line)?.[1] === name
}
