/** Running programs here, or in the host's namespaces. */
import type { Clock } from '#clock'
import { createRemoteMountOf } from '../files/mounts.ts'
import { spawnChild } from './child.ts'
import { runPlugin } from './plugin.ts'
import { createProgramLook } from './plugin-look.ts'
import { probeProgram } from './probe.ts'
import { baseEnvironment } from './process-group.ts'
import { createProgramPlaces } from './program-place.ts'
import { execForBytes, execProgram } from './run.ts'
import type { Programs } from './types.ts'

/** Into the namespaces of the host's first process; the container needs hostPID and the capability for it. */
const ENTER = ['--target', '1', '--mount', '--uts', '--ipc', '--net', '--pid', '--'] as const

/** @param root "" for the machine's own: then everything runs where this process runs */
export function createPrograms(root: string, clock: Clock): Programs {
  /** The command as it is run from here. */
  function entered(file: string, args: readonly string[], onHost = false): [string, string[]] {
    return onHost && root !== '' ? ['nsenter', [...ENTER, file, ...args]] : [file, [...args]]
  }
  const mountOf = createRemoteMountOf('', clock)
  const plugins = { clock, look: createProgramLook(clock, mountOf) }
  const places = createProgramPlaces(plugins.look, mountOf)
  return {
    find: (file, { env = baseEnvironment(), cwd = '/' } = {}) => places.find({ file, env, cwd }),
    run: (file, args, options) => execProgram(clock, ...entered(file, args, options.onHost), { ...options, places }),
    runBytes: (file, args, options) =>
      execForBytes(clock, ...entered(file, args, options.onHost), { ...options, places }),
    probe: (file, args, options) => probeProgram(clock, ...entered(file, args, options.onHost), { ...options, places }),
    runPlugin: (file, args, options) => runPlugin(plugins, file, args, options),
    start(file, args, options = {}) {
      // nsenter forks, and the kernel's word of a parent's death reaches only the next of kin.
      const kin = options.dieWithParent === true && options.onHost === true && root !== ''
      const [first, ...rest] = kin ? ['setpriv', '--pdeathsig', 'KILL', '--', file, ...args] : [file, ...args]
      return spawnChild(clock, ...entered(first, rest, options.onHost), { ...options, places })
    },
  }
}
