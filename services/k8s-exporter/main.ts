import { runService } from '#service'
import { k8sExporter } from './service.ts'

await runService(k8sExporter)
