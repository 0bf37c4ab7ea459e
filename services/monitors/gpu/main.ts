import { runMonitor } from '#monitor-kit'
import { gpu } from './monitor.ts'

await runMonitor(gpu)
