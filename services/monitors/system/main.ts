import { runMonitor } from '#monitor-kit'
import { system } from './monitor.ts'

await runMonitor(system)
