/** Asks a plug-in everything, from who it is to its end. */
import { lstat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { createHost } from '#host'
import { askActions } from './actions/ask.ts'
import type { ActionFacts } from './actions/types.ts'
import { askEnd } from './ask-end.ts'
import { askExternal } from './ask-external.ts'
import { askMonitor } from './ask-monitor.ts'
import { askHealth, askReflection } from './ask-standing.ts'
import { type Line, openLine } from './line.ts'
import { otherClientsOf } from './other-clients.ts'
import type { Asked, Facts, Outcome, SocketFacts } from './types.ts'

/** What stands at the path. @throws where nothing does */
export async function socketAt(path: string): Promise<SocketFacts> {
  const file = await lstat(path)
  const kind = file.isSocket() ? 'socket' : file.isSymbolicLink() ? 'link' : 'other'
  const ownGroups = [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])]
  return { path, kind, mode: file.mode & 0o7777, gid: file.gid, ownGroups }
}

/** Nothing was answered at all, whatever was asked. */
function isMute(...outcomes: readonly Outcome<unknown>[]): boolean {
  return outcomes.every((outcome) => outcome.kind === 'failed' && outcome.code === 'DEADLINE_EXCEEDED')
}

/** By both protocols; where neither is spoken, why not. */
async function askProtocols(line: Line, options: Asked): Promise<Pick<Facts, 'monitor' | 'external' | 'notSpoken'>> {
  const monitor = await askMonitor(line, options)
  const external = await askExternal(line, options)
  const isSilent = !('notSpoken' in monitor) && !('notSpoken' in external) && isMute(monitor.describe, external.first)
  if (isSilent) {
    const why = `it answers nothing within ${options.timeoutMs / 1000} s`
    return { monitor: undefined, external: undefined, notSpoken: why }
  }
  return {
    monitor: 'notSpoken' in monitor ? undefined : monitor,
    external: 'notSpoken' in external ? undefined : external,
    notSpoken: 'notSpoken' in external ? external.notSpoken : '',
  }
}

/** What is learnt of it as one that carries out actions; undefined: it does not. */
export async function examineActions(options: Asked, clock: Clock): Promise<ActionFacts | undefined> {
  const line = openLine(options.socket, options.timeoutMs, clock)
  try {
    return await askActions(line, options)
  } finally {
    line.close()
  }
}

/** Everything that there is to learn of it. */
export async function examine(options: Asked, clock: Clock): Promise<Facts> {
  const file = await socketAt(options.socket)
  const line = openLine(options.socket, options.timeoutMs, clock)
  try {
    const spoken = await askProtocols(line, options)
    if (spoken.monitor === undefined && spoken.external === undefined) line.lose('its first call')
    const { files } = createHost({ root: '' })
    const socket = { ...file, otherClients: await otherClientsOf(options.socket, files) }
    const health = await askHealth(line)
    const reflection = await askReflection(line, options.timeoutMs)
    const end = await askEnd(line, options, spoken)
    return { options, socket, ...spoken, health, reflection, end }
  } finally {
    line.close()
  }
}
