import { runService } from '#service'
import { detector } from './service.ts'

await runService(detector)
