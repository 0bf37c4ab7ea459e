/** The file: what stands at the path, who may open it, and whether the detector would find it. */
import { basename } from 'node:path'
import { SOCKET_PATH_MAX } from '#rpc'
import { PLUGIN_NAME } from '../limits.ts'
import type { Facts, Rule } from '../types.ts'
import { fail, pass, quoted, skip, unless } from '../verdict.ts'

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

function placeFault(path: string): string | undefined {
  const bytes = Buffer.byteLength(path)
  if (bytes > SOCKET_PATH_MAX) return `its path has ${bytes} bytes`
  const name = basename(path)
  if (!name.endsWith('.sock')) return `${quoted(name)} does not end in .sock`
  return PLUGIN_NAME.test(name.slice(0, -'.sock'.length)) ? undefined : `${quoted(name)} is no name`
}

const ADVICE = 'call it NAME.sock, NAME of letters, digits, ".", "_" and "-", at most 63'

function judgeGroup({ socket: { gid, mode, ownGroups } }: Facts) {
  if ((mode & 0o060) !== 0o060)
    return fail(`mode ${octal(mode)} does not let its group read and write`, 'chmod 0660 it')
  if (gid === 0) return pass('group 0')
  if (ownGroups.includes(gid) && !ownGroups.includes(0))
    return pass(`group ${gid}, one of yours; in a pod it has to be 0`)
  return fail(`its group is ${gid}`, 'run it with group 0, which the detector has in its pod')
}

export const socketRules: readonly Rule[] = [
  {
    id: 'socket-kind',
    level: 'must',
    why: 'What stands at the path is the socket itself: the detector follows no link out of a directory that others may write.',
    judge: ({ socket: { kind } }) =>
      unless(kind === 'link' ? 'a symbolic link stands there' : undefined, 'listen at the path itself', 'a socket'),
  },
  {
    id: 'socket-mode',
    level: 'must',
    why: 'The socket has mode 0660 or a stricter one: the protocols have no other authentication.',
    judge: ({ socket: { mode, kind } }) => {
      if (kind !== 'socket') return skip('no socket stands there itself')
      const open = (mode & 0o007) !== 0 ? `mode ${octal(mode)} lets every user of the machine in` : undefined
      return unless(open, 'chmod 0660 it before it is in its place', octal(mode))
    },
  },
  {
    id: 'socket-group',
    level: 'should',
    why: 'The group of the socket is 0 and may read and write: by that the detector, which is not root, may open it.',
    judge: (facts) => (facts.socket.kind === 'socket' ? judgeGroup(facts) : skip('no socket stands there itself')),
  },
  {
    id: 'socket-place',
    level: 'should',
    why: 'The socket is called NAME.sock, in at most 107 bytes: by that it is found without configuration, and NAME is who it is.',
    judge: ({ socket: { path } }) => unless(placeFault(path), ADVICE, quoted(basename(path))),
  },
]
