import { toolAction } from '../program/tool.ts'

/** systemd before 239 has its resolver's tool under another name. */
export const flushDns = toolAction('flush-dns', "Empties the cache of the host's resolver", [
  ['resolvectl', 'flush-caches'],
  ['systemd-resolve', '--flush-caches'],
])
