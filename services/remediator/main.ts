import { runService } from '#service'
import { remediator } from './service.ts'

await runService(remediator)
