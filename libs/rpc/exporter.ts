/** nodedoctor.v1.Exporter: what is exported where, and whether it keeps up. */
import { type ExporterServer, ExporterService, type GetStatusResponse } from '#proto/nodedoctor/v1/exporter.ts'
import type { RpcService } from './types.ts'

/** How an exporter does; where it tells several others, each of them. */
export type ExporterStatus = Omit<GetStatusResponse, 'destinations'> & Partial<Pick<GetStatusResponse, 'destinations'>>

/**
 * Serves an exporter’s `GetStatus`.
 * @param status asked at each call
 */
export function createExporterRpc(status: () => ExporterStatus): RpcService {
  const implementation: ExporterServer = {
    getStatus: (_, callback) => callback(null, { destinations: [], ...status() }),
  }
  return { definition: ExporterService, implementation }
}
