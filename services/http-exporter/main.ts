import { runService } from '#service'
import { httpExporter } from './service.ts'

await runService(httpExporter)
