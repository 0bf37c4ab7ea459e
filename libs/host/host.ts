/** The machine as seen from a prefix. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Clock, systemClock } from '#clock'
import { HostReadError } from './errors.ts'
import { createFiles } from './files/files.ts'
import { createGuard } from './files/guard.ts'
import { createRemoteMountOf } from './files/mounts.ts'
import { below } from './files/rooted-path.ts'
import { createLogs } from './logs/logs.ts'
import { createNetwork } from './network/network.ts'
import { createOwn } from './own/own.ts'
import { createPrograms } from './programs/programs.ts'
import type { Programs } from './programs/types.ts'
import type { Host } from './types.ts'
import { createSystemBus } from './units/system-bus.ts'
import { createUnits } from './units/units.ts'

/** Of libuv's four threads, how many may be held by calls that hang. */
const MAX_HUNG_THREADS = 2

/** Where the machine is. */
export interface HostOptions {
  /** Where the host's root is mounted: "" or "/" for this machine's own, "/host" in a container, a folder in tests. */
  readonly root: string
  /** Instead of this machine's, where they are recorded. */
  readonly programs?: Programs
  /** What it waits by. Default: this machine's time; a process gives its own. */
  readonly clock?: Clock
}

function readHostName(root: string): string {
  if (root === '') return hostname()
  try {
    return readFileSync(below(root, '/etc/hostname'), 'utf8').trim() || hostname()
  } catch {
    // The prefix shows only parts of the host: the name of the own UTS namespace is the next best.
    return hostname()
  }
}

/** The machine at a root. It holds nothing that must be released. @throws TypeError when the root is not an absolute path */
export function createHost(options: HostOptions): Host {
  const root = options.root === '' ? '' : below('', options.root).replace(/\/+$/, '')
  const { clock = systemClock() } = options
  const mountOf = createRemoteMountOf(root, clock)
  const threads = createGuard(MAX_HUNG_THREADS, clock, mountOf)
  const files = createFiles(root, threads, clock)
  const { programs = createPrograms(root, clock) } = options

  async function bootId(): Promise<string> {
    const path = '/proc/sys/kernel/random/boot_id'
    const id = (await files.readText(path)).trim()
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
    throw new HostReadError({ action: 'read', path, code: 'MALFORMED', detail: JSON.stringify(id.slice(0, 80)) })
  }
  return {
    root,
    files,
    programs,
    own: createOwn(),
    network: createNetwork({ root, threads, files, programs }),
    units: createUnits(createSystemBus(root, files, clock)),
    logs: createLogs({ clock, root, threads, deviceThread: createGuard(1, clock), programs, bootId }),
    bootId,
    hostname: () => readHostName(root),
  }
}
