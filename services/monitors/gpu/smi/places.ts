/**
 * Where `nvidia-smi` is. It runs in this process's own mount namespace, wherever it stands: to enter the host's would take hostPID and
 * CAP_SYS_ADMIN, and the container runtime of NVIDIA puts the program, its libraries and the devices into the container.
 */
import { dirname, join } from 'node:path'
import type { Host } from '#host'

const NAME = 'nvidia-smi'

/** Beside PATH, in this order: a machine's own, the driver container of the GPU operator, device plug-ins that mount it, GKE. */
const FOLDERS = [
  '/usr/bin',
  '/run/nvidia/driver/usr/bin',
  '/usr/local/nvidia/bin',
  '/home/kubernetes/bin/nvidia/bin',
] as const

/** Where the libraries stand of one that is not where the dynamic linker looks, from the folder of the program. */
const LIBRARIES = ['../lib64', '../lib', '../lib/x86_64-linux-gnu', '../lib/aarch64-linux-gnu'] as const

/** A program that can be run. */
export interface SmiPlace {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

/** Looks for it, and keeps what was found. */
export interface SmiSearch {
  /** Undefined: it is nowhere. @throws HostExecError where a mount hangs on which it may be */
  find(): Promise<SmiPlace | undefined>
  /** Where it was looked for, for people. */
  readonly tried: readonly string[]
  /** Looks for it anew. */
  forget(): void
  /** This path and no other; '' looks for it. */
  use(path: string): void
}

function placeOf(file: string): SmiPlace {
  const folder = dirname(file)
  if (!file.includes('/') || folder === '/usr/bin') return { file, env: {} }
  return { file, env: { LD_LIBRARY_PATH: LIBRARIES.map((one) => join(folder, one)).join(':') } }
}

/** @param host its root is where the host's files stand in a container: the same folders are looked for there, last */
export function searchOf({ programs, root }: Pick<Host, 'programs' | 'root'>): SmiSearch {
  const own = FOLDERS.map((folder) => join(folder, NAME))
  const below = root === '' ? [] : own.map((file) => join(root, file))
  let files: readonly string[] = [NAME, ...own, ...below]
  let found: SmiPlace | undefined

  return {
    get tried() {
      return files.map((file) => (file === NAME ? `${NAME} of PATH` : file))
    },
    async find() {
      if (found !== undefined) return found
      for (const file of files) {
        if ((await programs.find(file)) === undefined) continue
        found = placeOf(file)
        return found
      }
      return undefined
    },
    forget() {
      found = undefined
    },
    use(path) {
      files = path === '' ? [NAME, ...own, ...below] : [path]
      found = undefined
    },
  }
}
