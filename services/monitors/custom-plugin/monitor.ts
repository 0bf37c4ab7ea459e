/** The monitor of plug-ins: programs of somebody else's that say how it stands. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { customPlugin as customPluginCheck } from './checks/custom-plugin/check.ts'
import { npdPlugin } from './checks/npd-plugin/check.ts'

export const customPlugin = defineMonitor({
  name: 'custom-plugin',
  description: 'Plug-ins: programs that are run for their exit code and what they say',
  checks: [customPluginCheck, npdPlugin],
})
