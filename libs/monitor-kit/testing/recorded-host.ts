/** A machine whose files stand in a folder, and whose programs say what stands beside them. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createHost, type Host, HostExecError } from '#host'

/**
 * The host of a folder, where `programs/<name>` is what a program prints, whatever its arguments, before it ends with 0.
 * A program without such a file is not installed there, nor is one that stays: none of this machine is run.
 */
export function recordedHost(root: string): Host {
  return {
    ...createHost({ root }),
    programs: {
      async run(file) {
        const stdout = await readFile(join(root, 'programs', basename(file)), 'utf8').catch((cause: unknown) => {
          throw new HostExecError({ file, code: 'ENOENT', cause })
        })
        return { exitCode: 0, signal: null, stdout, stderr: '', timedOut: false, truncated: false }
      },
      start: (file) => Promise.reject(new HostExecError({ file, code: 'ENOENT' })),
    },
  }
}
