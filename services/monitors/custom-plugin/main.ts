import { runMonitor } from '#monitor-kit'
import { customPlugin } from './monitor.ts'

await runMonitor(customPlugin)
