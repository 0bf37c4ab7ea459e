/** Every action of the host: a file, and a line here. */
import { customScript } from './custom-script.ts'
import { diskCleanup } from './disk-cleanup.ts'
import { flushDns } from './flush-dns.ts'
import { flushIpv6Route } from './flush-ipv6-route.ts'
import { nodeReboot } from './node-reboot.ts'
import { resetRouting } from './reset-routing.ts'
import { restartInterface } from './restart-interface.ts'
import { systemdReload } from './systemd-reload.ts'
import { systemdRestart } from './systemd-restart.ts'
import { systemdStart } from './systemd-start.ts'
import { systemdStop } from './systemd-stop.ts'
import type { Action } from './types.ts'

/** In the order in which people read them. */
export const ACTIONS: readonly Action[] = [
  systemdRestart,
  systemdStart,
  systemdStop,
  systemdReload,
  diskCleanup,
  flushDns,
  resetRouting,
  flushIpv6Route,
  restartInterface,
  customScript,
  nodeReboot,
]
