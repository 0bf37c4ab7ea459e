/** Running programs here, or in the host's namespaces. */
import { spawnChild } from './child.ts'
import { execProgram } from './run.ts'
import type { Programs } from './types.ts'

/** Into the namespaces of the host's first process; the container needs hostPID and the capability for it. */
const ENTER = ['--target', '1', '--mount', '--uts', '--ipc', '--net', '--pid', '--'] as const

/** @param root "" for the machine's own: then everything runs where this process runs */
export function createPrograms(root: string): Programs {
  return {
    run(file, args, options) {
      if (options.onHost !== true || root === '') return execProgram(file, args, options)
      return execProgram('nsenter', [...ENTER, file, ...args], options)
    },
    start(file, args, options = {}) {
      if (options.onHost !== true || root === '') return spawnChild(file, args, options)
      // nsenter forks, and the kernel's word of a parent's death reaches only the next of kin.
      const inside = options.dieWithParent === true ? ['setpriv', '--pdeathsig', 'KILL', '--', file] : [file]
      return spawnChild('nsenter', [...ENTER, ...inside, ...args], options)
    },
  }
}
