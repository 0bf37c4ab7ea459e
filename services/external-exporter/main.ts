import { runService } from '#service'
import { externalExporter } from './service.ts'

await runService(externalExporter)
