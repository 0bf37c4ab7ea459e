/** The commands of docs/troubleshooting.md that speak of a cluster, run as they stand there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tryRun } from '../compose/exec.ts'

/** The lines of every block that is marked `sh cluster`. */
export function clusterCommands(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/troubleshooting.md'), 'utf8')
  return [...text.matchAll(/^```sh cluster\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')),
  )
}

/** @returns what failed */
export function runCommands(node: string): string[] {
  const env = { ...process.env, NODE: node }
  return clusterCommands().flatMap((command) => {
    const { status, stderr } = tryRun(['bash', '-c', command], env)
    return status === 0 ? [] : [`${command}: ${stderr.trim().split('\n').at(-1)}`]
  })
}
