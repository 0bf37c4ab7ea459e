import { runWithoutBus } from '#service'
import { hostActions } from './service.ts'

await runWithoutBus(hostActions)
