/**
 * The only door to the machine. Everything that reads /proc, /sys, /dev or runs a program goes through a {@link Host},
 * rooted at a configurable prefix, so that tests point at a captured tree and a container at `/host`.
 */
import type { Files } from './files/types.ts'
import type { Logs } from './logs/types.ts'
import type { Network } from './network/types.ts'
import type { Own } from './own/types.ts'
import type { Programs } from './programs/types.ts'
import type { Units } from './units/types.ts'

/** The machine, in its parts. */
export interface Host {
  /** Prefix of the host's root: "" on the machine itself, "/host" in a container, a folder in tests. */
  readonly root: string
  /** Files, folders and file systems below the root. */
  readonly files: Files
  /** Programs that are run. */
  readonly programs: Programs
  /** Files that grow, and the kernel's log. */
  readonly logs: Logs
  /** Units of its systemd. */
  readonly units: Units
  /** The network that this process is in. */
  readonly network: Network
  /** This process itself, which is not below the root. */
  readonly own: Own
  /** /proc/sys/kernel/random/boot_id. @throws HostReadError */
  bootId(): Promise<string>
  /** The name in /etc/hostname below the root; where there is none, that of the own UTS namespace. */
  hostname(): string
}
