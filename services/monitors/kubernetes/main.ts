import { runMonitor } from '#monitor-kit'
import { kubernetes } from './monitor.ts'

await runMonitor(kubernetes)
