/** Asks a plug-in everything, from who it is to its end. */
import { lstat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { askEnd } from './ask-end.ts'
import { askExternal } from './ask-external.ts'
import { askMonitor } from './ask-monitor.ts'
import { askHealth, askReflection } from './ask-standing.ts'
import { openLine } from './line.ts'
import type { Asked, Facts, SocketFacts } from './types.ts'

/** What stands at the path. @throws where nothing does */
export async function socketAt(path: string): Promise<SocketFacts> {
  const file = await lstat(path)
  const kind = file.isSocket() ? 'socket' : file.isSymbolicLink() ? 'link' : 'other'
  const ownGroups = [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])]
  return { path, kind, mode: file.mode & 0o7777, gid: file.gid, ownGroups }
}

/** Everything that there is to learn of it. */
export async function examine(options: Asked, clock: Clock): Promise<Facts> {
  const socket = await socketAt(options.socket)
  const line = openLine(options.socket, options.timeoutMs, clock)
  try {
    const monitor = await askMonitor(line, options)
    const external = await askExternal(line, options)
    const health = await askHealth(line)
    const reflection = await askReflection(line, options.timeoutMs)
    const end = await askEnd(line, options, !('notSpoken' in external))
    return {
      options,
      socket,
      monitor: 'notSpoken' in monitor ? undefined : monitor,
      external: 'notSpoken' in external ? undefined : external,
      notSpoken: {
        'nodedoctor.v1': 'notSpoken' in monitor ? monitor.notSpoken : '',
        'npd.external.v1': 'notSpoken' in external ? external.notSpoken : '',
      },
      health,
      reflection,
      end,
    }
  } finally {
    line.close()
  }
}
