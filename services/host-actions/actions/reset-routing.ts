import { toolAction } from '../program/tool.ts'

export const resetRouting = toolAction('reset-routing', 'Empties what the kernel remembers of routes', [
  ['ip', 'route', 'flush', 'cache'],
])
