/** nodedoctor.v1.Exporter: what is exported where, and whether it keeps up. */
import { type ExporterServer, ExporterService, type GetStatusResponse } from '#proto/nodedoctor/v1/exporter.ts'
import type { RpcService } from './types.ts'

/**
 * Serves an exporter’s `GetStatus`.
 * @param status asked at each call
 */
export function createExporterRpc(status: () => GetStatusResponse): RpcService {
  const implementation: ExporterServer = {
    getStatus: (_, callback) => callback(null, status()),
  }
  return { definition: ExporterService, implementation }
}
