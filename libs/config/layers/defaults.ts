/** What holds where nobody says anything. */
import { readFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './substitute.ts'

/** The file that is read where none is named, if it is there. */
export const DEFAULT_FILE = '/etc/node-doctor/config.yaml'

/** What the process finds around itself. */
export interface Surroundings {
  readonly root: boolean
  readonly terminal: boolean
  readonly home: string
  readonly hostName: string
}

export function surroundings(): Surroundings {
  return {
    root: process.getuid?.() === 0,
    terminal: process.stdout.isTTY === true,
    home: homedir(),
    hostName: hostname(),
  }
}

/** Sockets: /run/node-doctor, or the user's own runtime folder. */
export function defaultRunDir(around: Surroundings, env: Environment): string {
  if (around.root) return '/run/node-doctor'
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  return runtime.startsWith('/') ? join(runtime, 'node-doctor') : join(defaultStateDir(around), 'run')
}

export function defaultStateDir(around: Surroundings): string {
  return around.root ? '/var/lib/node-doctor' : join(around.home, '.local/state/node-doctor')
}

/** The host's name as the kubelet uses it. In a container it is the one that stands in the host's own /etc/hostname. */
export function hostNameOf(around: Surroundings, hostRoot: string): string {
  return (readHostName(hostRoot) ?? around.hostName).trim().toLowerCase()
}

function readHostName(hostRoot: string): string | undefined {
  if (hostRoot === '') return undefined
  try {
    const name = readFileSync(join(hostRoot, 'etc/hostname'), 'utf8').trim()
    return name.length > 0 && name.length <= 253 ? name : undefined
  } catch {
    // Not every host has the file; its absence says nothing about the configuration.
    return undefined
  }
}
