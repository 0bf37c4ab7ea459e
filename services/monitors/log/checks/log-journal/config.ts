/** Keys of `monitors[].config` of a `log-journal` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { disable, packs, rules } from '../../rules/config.ts'

const names = z.array(z.string().min(1).max(256)).max(64).default([])

export const schema = z.strictObject({
  units: names.describe('Units of systemd whose messages are looked at: "kubelet", "containerd.service"'),
  identifiers: names.describe('Identifiers of syslog whose messages are looked at beside those; neither: all messages'),
  packs: packs([]),
  disable,
  rules,
})
export type Config = z.infer<typeof schema>
