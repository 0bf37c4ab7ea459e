/** The monitor of the node's Kubernetes parts. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { runtime } from './checks/runtime/check.ts'
import { WAYS } from './ways.ts'

export const kubernetes = defineMonitor({
  name: 'kubernetes',
  description: 'Container runtime',
  checks: [runtime],
  shared: () => WAYS,
})
