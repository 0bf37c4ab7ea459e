/** The commands of docs/troubleshooting.md that speak of a cluster, run as they stand there. */
import { tryRun } from '../compose/exec.ts'
import { commandsOf, readPage } from '../docs/commands/pages.ts'

/** The lines of every block that is marked `sh cluster`. */
export function clusterCommands(): string[] {
  const page = 'docs/troubleshooting.md'
  return commandsOf(page, readPage(page)).flatMap(({ mark, text }) => (mark === 'sh cluster' ? [text] : []))
}

/** @returns what failed */
export function runCommands(node: string): string[] {
  const env = { ...process.env, NODE: node }
  return clusterCommands().flatMap((command) => {
    const { status, stderr } = tryRun(['bash', '-c', command], env)
    return status === 0 ? [] : [`${command}: ${stderr.trim().split('\n').at(-1)}`]
  })
}
