import { runMonitor } from '#monitor-kit'
import { network } from './monitor.ts'

await runMonitor(network)
