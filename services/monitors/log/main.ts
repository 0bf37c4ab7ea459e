import { runMonitor } from '#monitor-kit'
import { log } from './monitor.ts'

await runMonitor(log)
