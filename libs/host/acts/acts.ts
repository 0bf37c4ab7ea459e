import type { Clock } from '#clock'
import { whyNotRoots } from '../only-root.ts'
import type { Host } from '../types.ts'
import { createSystemBus } from '../units/system-bus.ts'
import { whyGoingDown } from './going-down.ts'
import { createHeldFolders, type HeldFolders } from './held-folder.ts'
import { createHostPrograms } from './host-programs.ts'
import { whyFleeting } from './lasting.ts'
import { createLogind, type Logind } from './logind.ts'
import { type FileId, type OpenAmong, openAmong } from './open-files.ts'
import { peersOn } from './peers.ts'
import type { HostPrograms } from './program-types.ts'
import { createSystemd } from './systemd.ts'
import type { Systemd } from './types.ts'
import { routesBy, waysTo } from './ways.ts'

/** What can be done to a machine. */
export interface HostActs {
  readonly systemd: Systemd
  readonly logind: Logind
  /** Why nothing is to be begun on the machine any more; "": it is not going down, or nobody says so: {@link whyGoingDown}. */
  whyGoingDown(): Promise<string>
  readonly programs: HostPrograms
  readonly folders: HeldFolders
  /** Which of some files processes of the host have open: {@link openAmong}. @throws the signal's reason */
  openAmong(name: string, files: readonly FileId[], options: { readonly signal: AbortSignal }): Promise<OpenAmong>
  /** Why a program of the host may not be run as root; "" where it may: {@link whyNotRoots}. */
  whyNotRoots(path: string): Promise<string>
  /** Why what lies in a folder may be lost by a reboot; "" where it is not: {@link whyFleeting}. */
  whyFleeting(path: string): Promise<string>
  /** Interfaces of the host that addresses are reached by: {@link waysTo}. @throws HostReadError */
  waysTo(addresses: readonly string[]): Promise<ReadonlySet<string>>
  /** Who the host is connected to on these ports: {@link peersOn}. @throws HostReadError */
  peersOn(ports: ReadonlySet<number>): Promise<ReadonlySet<string>>
  /** Routes by an interface of the host, each in words: {@link routesBy}. @throws HostReadError */
  routesBy(name: string): Promise<readonly string[]>
}

/** What acts are done with. */
export interface HostActsOptions {
  readonly host: Pick<Host, 'root' | 'files'>
  readonly clock: Clock
  /** Where programs leave what they wrote: absolute, ours alone, and at the same place on the host. */
  readonly folder: string
}

/** Holds nothing that must be released. */
export function createHostActs({ host, clock, folder }: HostActsOptions): HostActs {
  const systemBus = createSystemBus(host.root, host.files, clock)
  const systemd = createSystemd(systemBus)
  const programs = createHostPrograms({ systemd, clock, folder, root: host.root, files: host.files })
  return {
    systemd,
    logind: createLogind(systemBus),
    whyGoingDown: () => whyGoingDown(systemBus),
    folders: createHeldFolders(host.root, clock),
    whyFleeting: (path) => whyFleeting(clock, path),
    programs,
    openAmong: (name, files, options) => openAmong(programs, name, files, options),
    whyNotRoots: (path) => whyNotRoots(clock, host.root, path),
    waysTo: (addresses) => waysTo(host.files, addresses),
    peersOn: (ports) => peersOn(host.files, ports),
    routesBy: (name) => routesBy(host.files, name),
  }
}
